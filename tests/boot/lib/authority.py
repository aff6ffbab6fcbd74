# SPDX-License-Identifier: BSD-2-Clause
"""Certificates for servers of the tests."""
import subprocess


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self, directory):
        self.dir = directory
        directory.mkdir()
        self._openssl("req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=test-ca -keyout ca.key -out ca.pem")

    def _openssl(self, words):
        subprocess.run(["openssl", *words.split()], cwd=self.dir, check=True, capture_output=True)

    def certificate(self, name, alternative):
        """Lines for a server block of nginx."""
        (self.dir / f"{name}.ext").write_text(f"subjectAltName={alternative}\n")
        self._openssl(f"req -newkey rsa:2048 -nodes -subj /CN={name} -keyout {name}.key -out {name}.csr")
        self._openssl(f"x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -days 30 -extfile {name}.ext -out {name}.pem")
        return f"    ssl_certificate {self.dir}/{name}.pem;\n    ssl_certificate_key {self.dir}/{name}.key;\n"
