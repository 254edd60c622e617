#pragma once
// Primitives only: EVP and what it needs. CMS, X.509, PKCS#7, PKCS#12 and OCSP are never included.
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>

// No configuration file is read: what it may load or forbid is not this package's to depend on.
static inline int smime_openssl_start(void) {
  return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL);
}
