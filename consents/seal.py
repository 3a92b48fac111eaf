"""The installation's seal on signed forms: a PAdES signature by a key of its own.

The key and its self-signed certificate are made at first use and stay in one private file, which
an installation of several machines shares. PyHanko is loaded when something is sealed or
checked: it would cost every other process some 25 MB.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from django.conf import settings

if TYPE_CHECKING:
    from asn1crypto import x509 as asn1

KEY_BITS = 3072
VALID = timedelta(days=20 * 365)
FIELD = "Seal"
# What a PDF's parser may raise for bytes that were tampered with, beside its own exceptions.
MALFORMED = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
CERTIFICATE = b"-----BEGIN CERTIFICATE"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of a sealed file found. ``problem`` is "" when it holds."""

    problem: str
    sealed_at: datetime | None = None

    @property
    def holds(self) -> bool:
        """Whether our seal is on it and no byte was changed since."""
        return not self.problem


def seal(pdf: bytes, *, reason: str) -> bytes:
    """The PDF with the seal on it, after which no change is allowed."""
    from pyhanko.pdf_utils.incremental_writer import (  # noqa: PLC0415 - heavy, see above
        IncrementalPdfFileWriter,
    )
    from pyhanko.sign import fields, signers  # noqa: PLC0415

    output = io.BytesIO()
    signers.sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(pdf)),
        signers.PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm="sha256",
            reason=reason,
            name="Backline",
            subfilter=fields.SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        ),
        signer=_signer(settings.SEAL_KEY_FILE),
        output=output,
    )
    return output.getvalue()


def check(pdf: bytes) -> Verdict:
    """Whether a file carries our seal over all of its bytes.

    A few bytes of the signature itself are covered by no signature, such as its version number;
    ``consents.signing.check_form`` therefore compares the file's SHA-256 too.
    """
    from pyhanko.pdf_utils.misc import PdfError  # noqa: PLC0415 - heavy, see above
    from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415
    from pyhanko.sign.general import SigningError  # noqa: PLC0415
    from pyhanko.sign.validation import validate_pdf_signature  # noqa: PLC0415
    from pyhanko.sign.validation.status import SignatureCoverageLevel  # noqa: PLC0415
    from pyhanko_certvalidator import ValidationContext  # noqa: PLC0415

    trusted = ValidationContext(trust_roots=[certificate()], allow_fetching=False)
    try:
        signatures = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
        if len(signatures) != 1:
            return Verdict("It does not carry exactly one signature.")
        if not _is_as_written(pdf, signatures[0]):
            return Verdict("The file was changed after it was sealed.")
        status = validate_pdf_signature(signatures[0], signer_validation_context=trusted)
    except (PdfError, SigningError, *MALFORMED) as error:
        return Verdict(f"The file cannot be read as a sealed PDF ({type(error).__name__}).")
    if not status.intact or not status.valid:
        return Verdict("The file was changed after it was sealed.")
    if not status.trusted:
        return Verdict("The seal is not this installation's.")
    if status.coverage != SignatureCoverageLevel.ENTIRE_FILE or not status.bottom_line:
        return Verdict("Something was added to the file after it was sealed.")
    return Verdict("", status.signer_reported_dt)


def certificate() -> asn1.Certificate:
    """The installation's certificate; made now if there is none."""
    return _signer(settings.SEAL_KEY_FILE).signing_cert


def fingerprint() -> str:
    """SHA-256 (hex) of the certificate, as PDF readers show it."""
    return str(certificate().sha256.hex())


@cache
def _signer(path: Path) -> Any:
    from pyhanko.keys import (  # noqa: PLC0415 - heavy, see above
        load_certs_from_pemder_data,
        load_private_key_from_pemder_data,
    )
    from pyhanko.sign.signers import SimpleSigner  # noqa: PLC0415
    from pyhanko_certvalidator.registry import SimpleCertificateStore  # noqa: PLC0415

    if not path.exists():
        _make(path)
    pem = path.read_bytes()
    return SimpleSigner(
        signing_cert=next(iter(load_certs_from_pemder_data(pem[pem.index(CERTIFICATE) :]))),
        signing_key=load_private_key_from_pemder_data(pem, passphrase=None),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
    )


def _make(path: Path) -> None:
    """Writes a new key; of two processes at once, the first one's stays."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem += _self_signed(key).public_bytes(serialization.Encoding.PEM)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.{uuid4().hex}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(pem)
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def _self_signed(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Backline seal")])
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=False, crl_sign=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + VALID)
        .add_extension(usage, critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )


def _is_as_written(pdf: bytes, signature: Any) -> bool:
    """Whether the signature's own place in the file, which it cannot cover, is as we write it.

    That place is the signature in hexadecimal capitals and then zeros; PDF readers take small
    letters and spaces for the same.
    """
    content: bytes = signature.pkcs7_content
    before, length, after, _ = (int(number) for number in signature.byte_range)
    if pdf[before + length : after] != b"<" + content.hex().upper().encode() + b">":
        return False
    if len(content) < 4 or content[0] != 0x30:
        return False
    size, start = content[1], 2
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(content[2:start])
    return not any(content[start + size :])
