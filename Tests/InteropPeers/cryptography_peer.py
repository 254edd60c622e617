"""PyPI's cryptography at the other end of a pipe: a line of words between tabs is one task, the answer one line."""

import sys

import cryptography
from cryptography import x509
from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(data, path):
    with open(path, "wb") as file:
        file.write(data)


def member(path, password):
    return pkcs12.load_pkcs12(read(path), password.encode())


def sign(path, password, form, place, content, output):
    owner = member(path, password)
    key = owner.key
    builder = pkcs7.PKCS7SignatureBuilder().set_data(read(content))
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH) if form == "pss" else None
    builder = builder.add_signer(owner.cert.certificate, key, hashes.SHA256(), rsa_padding=scheme)
    for other in owner.additional_certs:
        builder = builder.add_certificate(other.certificate)
    options = [pkcs7.PKCS7Options.Binary]
    if place == "detached":
        options.append(pkcs7.PKCS7Options.DetachedSignature)
    write(builder.sign(serialization.Encoding.DER, options), output)


def encrypt(certificate, content, output):
    builder = (
        pkcs7.PKCS7EnvelopeBuilder()
        .set_data(read(content))
        .add_recipient(x509.load_pem_x509_certificate(read(certificate)))
        .set_content_encryption_algorithm(algorithms.AES256)
    )
    write(builder.encrypt(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary]), output)


def decrypt(path, password, content, output):
    owner = member(path, password)
    write(pkcs7.pkcs7_decrypt_der(read(content), owner.cert.certificate, owner.key, []), output)


def pkcs12_key(path, password, output):
    key = member(path, password).key
    form = serialization.PrivateFormat.PKCS8
    write(key.private_bytes(serialization.Encoding.DER, form, serialization.NoEncryption()), output)


def sign_message(key, content, output):
    write(serialization.load_der_private_key(read(key), None).sign(read(content)), output)


def verify_message(key, content, signature):
    serialization.load_der_public_key(read(key)).verify(read(signature), read(content))


def encapsulate(key, secret, ciphertext):
    found, sealed = serialization.load_der_public_key(read(key)).encapsulate()
    write(found, secret)
    write(sealed, ciphertext)


def decapsulate(key, ciphertext, secret):
    write(serialization.load_der_private_key(read(key), None).decapsulate(read(ciphertext)), secret)


TASKS = {
    "sign": sign,
    "encrypt": encrypt,
    "decrypt": decrypt,
    "pkcs12-key": pkcs12_key,
    "sign-message": sign_message,
    "verify-message": verify_message,
    "encapsulate": encapsulate,
    "decapsulate": decapsulate,
}

print("ready", cryptography.__version__, backend.openssl_version_text(), flush=True)
for line in sys.stdin:
    task, *words = line.rstrip("\n").split("\t")
    try:
        TASKS[task](*words)
        print("done", flush=True)
    except Exception as problem:  # noqa: BLE001 (whatever goes wrong is the answer)
        print("failed:", type(problem).__name__, str(problem).replace("\n", " "), flush=True)
