#include "reference.h"

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

struct reference {
  EVP_PKEY *key;
  X509 *certificate;
  STACK_OF(X509) * issuers;
  STACK_OF(X509) * recipients;
  X509_STORE *store;
};

static X509 *certificate(const unsigned char *bytes, size_t count) { return d2i_X509(NULL, &bytes, (long)count); }

reference *reference_new(const unsigned char *key, size_t key_count, const unsigned char *leaf, size_t leaf_count,
                         const unsigned char *issuer, size_t issuer_count, const unsigned char *root,
                         size_t root_count) {
  reference *r = OPENSSL_zalloc(sizeof(*r));
  r->key = d2i_AutoPrivateKey(NULL, &key, (long)key_count);
  r->certificate = certificate(leaf, leaf_count);
  r->issuers = sk_X509_new_null();
  sk_X509_push(r->issuers, certificate(issuer, issuer_count));
  r->recipients = sk_X509_new_null();
  sk_X509_push(r->recipients, r->certificate);
  r->store = X509_STORE_new();
  X509_STORE_add_cert(r->store, certificate(root, root_count));
  return r->key && r->certificate ? r : NULL;
}

static long finish(BIO *out) {
  char *data;
  long count = BIO_get_mem_data(out, &data);
  BIO_free(out);
  return count;
}

long reference_sign(reference *r, const unsigned char *mail, size_t count) {
  BIO *in = BIO_new_mem_buf(mail, (int)count), *out = BIO_new(BIO_s_mem());
  int flags = CMS_DETACHED | CMS_STREAM;
  CMS_ContentInfo *cms = CMS_sign(r->certificate, r->key, r->issuers, in, (unsigned)flags);
  int done = cms && SMIME_write_CMS(out, cms, in, flags);
  CMS_ContentInfo_free(cms);
  BIO_free(in);
  long written = finish(out);
  return done ? written : -1;
}

long reference_verify(reference *r, const unsigned char *mail, size_t count, int with_path) {
  BIO *in = BIO_new_mem_buf(mail, (int)count), *content = NULL, *out = BIO_new(BIO_s_mem());
  CMS_ContentInfo *cms = SMIME_read_CMS(in, &content);
  int done = cms && CMS_verify(cms, NULL, r->store, content, out, with_path ? 0 : CMS_NO_SIGNER_CERT_VERIFY);
  CMS_ContentInfo_free(cms);
  BIO_free(content);
  BIO_free(in);
  long written = finish(out);
  return done ? written : -1;
}

long reference_encrypt(reference *r, const unsigned char *mail, size_t count, int gcm) {
  BIO *in = BIO_new_mem_buf(mail, (int)count), *out = BIO_new(BIO_s_mem());
  const EVP_CIPHER *cipher = gcm ? EVP_aes_256_gcm() : EVP_aes_256_cbc();
  CMS_ContentInfo *cms = CMS_encrypt(r->recipients, in, cipher, CMS_STREAM);
  int done = cms && SMIME_write_CMS(out, cms, in, CMS_STREAM);
  CMS_ContentInfo_free(cms);
  BIO_free(in);
  long written = finish(out);
  return done ? written : -1;
}

long reference_decrypt(reference *r, const unsigned char *mail, size_t count) {
  BIO *in = BIO_new_mem_buf(mail, (int)count), *out = BIO_new(BIO_s_mem());
  CMS_ContentInfo *cms = SMIME_read_CMS(in, NULL);
  int done = cms && CMS_decrypt(cms, r->key, r->certificate, NULL, out, 0);
  CMS_ContentInfo_free(cms);
  BIO_free(in);
  long written = finish(out);
  return done ? written : -1;
}
