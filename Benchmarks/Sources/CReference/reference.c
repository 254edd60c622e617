#include "reference.h"

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdint.h>

struct reference {
  EVP_PKEY *key;
  X509 *certificate;
  STACK_OF(X509) * issuers;
  STACK_OF(X509) * recipients;
  STACK_OF(X509) * others;
  X509_STORE *store;
  // A leaf and its issuer in turn, and which leaf comes next.
  STACK_OF(X509) * chains;
  int next_chain;
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
  r->others = sk_X509_new_null();
  r->chains = sk_X509_new_null();
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

int reference_add_recipient(reference *r, const unsigned char *bytes, size_t count) {
  X509 *other = certificate(bytes, count);
  return other && sk_X509_push(r->others, other) > 0;
}

// RSA keys get the content key by OAEP with SHA-256 beside GCM, and by v1.5 beside CBC, as this package writes them.
static int add_recipient(CMS_ContentInfo *cms, X509 *recipient, int oaep) {
  CMS_RecipientInfo *info = CMS_add1_recipient_cert(cms, recipient, CMS_KEY_PARAM);
  if (!info) return 0;
  if (!oaep || EVP_PKEY_get_base_id(X509_get0_pubkey(recipient)) != EVP_PKEY_RSA) return 1;
  EVP_PKEY_CTX *context = CMS_RecipientInfo_get0_pkey_ctx(info);
  return context && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) > 0 &&
         EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) > 0 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) > 0;
}

long reference_encrypt(reference *r, const unsigned char *mail, size_t count, int gcm, int to_all) {
  BIO *in = BIO_new_mem_buf(mail, (int)count), *out = BIO_new(BIO_s_mem());
  const EVP_CIPHER *cipher = gcm ? EVP_aes_256_gcm() : EVP_aes_256_cbc();
  STACK_OF(X509) *recipients = to_all ? r->others : r->recipients;
  CMS_ContentInfo *cms = CMS_encrypt(NULL, in, cipher, CMS_STREAM | CMS_PARTIAL);
  int done = cms != NULL;
  for (int i = 0; done && i < sk_X509_num(recipients); i++) done = add_recipient(cms, sk_X509_value(recipients, i), gcm);
  done = done && SMIME_write_CMS(out, cms, in, CMS_STREAM);
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

// A path from `leaf` by `issuer` to the anchor. The issuer is borrowed.
static long validate(reference *r, X509 *leaf, X509 *issuer) {
  STACK_OF(X509) *others = sk_X509_new_null();
  sk_X509_push(others, issuer);
  X509_STORE_CTX *context = X509_STORE_CTX_new();
  long length = -1;
  if (X509_STORE_CTX_init(context, r->store, leaf, others)) {
    X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SMIME_SIGN);
    if (X509_verify_cert(context) == 1) length = sk_X509_num(X509_STORE_CTX_get0_chain(context));
  }
  X509_STORE_CTX_free(context);
  sk_X509_free(others);
  return length;
}

long reference_validate(reference *r, const unsigned char *bytes, size_t count) {
  const unsigned char *at = bytes;
  X509 *leaf = d2i_X509(NULL, &at, (long)count);
  X509 *issuer = leaf ? d2i_X509(NULL, &at, (long)(bytes + count - at)) : NULL;
  long length = issuer ? validate(r, leaf, issuer) : -1;
  X509_free(issuer);
  X509_free(leaf);
  return length;
}

int reference_add_chain(reference *r, const unsigned char *bytes, size_t count) {
  const unsigned char *at = bytes;
  X509 *leaf = d2i_X509(NULL, &at, (long)count);
  X509 *issuer = leaf ? d2i_X509(NULL, &at, (long)(bytes + count - at)) : NULL;
  return issuer && sk_X509_push(r->chains, leaf) > 0 && sk_X509_push(r->chains, issuer) > 0;
}

long reference_validate_next(reference *r) {
  int at = r->next_chain;
  if (at + 1 >= sk_X509_num(r->chains)) return -1;
  r->next_chain = (at + 2) % sk_X509_num(r->chains);
  return validate(r, sk_X509_value(r->chains, at), sk_X509_value(r->chains, at + 1));
}

// Those that the other side reads.
static const int known_extensions[] = {
    NID_basic_constraints,        NID_key_usage,         NID_ext_key_usage,      NID_subject_alt_name,
    NID_subject_key_identifier,   NID_authority_key_identifier, NID_crl_distribution_points, NID_info_access,
    NID_certificate_policies,     NID_policy_mappings,   NID_policy_constraints, NID_inhibit_any_policy,
    NID_name_constraints};

static void free_extension(int nid, void *value) {
  const X509V3_EXT_METHOD *method = X509V3_EXT_get_nid(nid);
  if (method->it)
    ASN1_item_free(value, ASN1_ITEM_ptr(method->it));
  else
    method->ext_free(value);
}

long reference_parse(const unsigned char *bytes, size_t count) {
  X509 *one = d2i_X509(NULL, &bytes, (long)count);
  if (!one) return -1;
  struct tm from, until;
  long found = X509_get0_pubkey(one) && X509_NAME_entry_count(X509_get_subject_name(one)) > 0 &&
                       X509_NAME_entry_count(X509_get_issuer_name(one)) > 0 &&
                       ASN1_TIME_to_tm(X509_get0_notBefore(one), &from) && ASN1_TIME_to_tm(X509_get0_notAfter(one), &until)
                   ? 0
                   : -1;
  for (size_t i = 0; found >= 0 && i < sizeof known_extensions / sizeof *known_extensions; i++) {
    void *value = X509_get_ext_d2i(one, known_extensions[i], NULL, NULL);
    if (!value) continue;
    free_extension(known_extensions[i], value);
    found++;
  }
  X509_free(one);
  return found;
}

static uint64_t next_random(uint64_t *state) {
  uint64_t z = (*state += 0x9E3779B97F4A7C15);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

long reference_crl(const unsigned char *key, size_t key_count, const unsigned char *issuer, size_t issuer_count,
                   size_t count) {
  EVP_PKEY *pkey = d2i_AutoPrivateKey(NULL, &key, (long)key_count);
  X509 *ca = certificate(issuer, issuer_count);
  X509_CRL *crl = X509_CRL_new();
  X509_CRL_set_version(crl, 1);
  X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca));
  ASN1_TIME *now = ASN1_TIME_set(NULL, 1790000000), *next = ASN1_TIME_set(NULL, 1790000000 + 7 * 86400);
  X509_CRL_set1_lastUpdate(crl, now);
  X509_CRL_set1_nextUpdate(crl, next);
  uint64_t state = 1;
  for (size_t i = 0; i < count; i++) {
    unsigned char serial[17] = {1};
    uint64_t words[2] = {next_random(&state), next_random(&state)};
    for (int byte = 0; byte < 16; byte++) serial[1 + byte] = (unsigned char)(words[byte / 8] >> (56 - 8 * (byte % 8)));
    BIGNUM *number = BN_bin2bn(serial, sizeof serial, NULL);
    ASN1_INTEGER *value = BN_to_ASN1_INTEGER(number, NULL);
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_TIME *date = ASN1_TIME_set(NULL, 1780000000 + (time_t)(words[0] % 9000000));
    X509_REVOKED_set_serialNumber(entry, value);
    X509_REVOKED_set_revocationDate(entry, date);
    if (i % 2) {
      ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();
      ASN1_ENUMERATED_set(reason, 1);
      X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, reason, 0, 0);
      ASN1_ENUMERATED_free(reason);
    }
    X509_CRL_add0_revoked(crl, entry);
    ASN1_TIME_free(date);
    ASN1_INTEGER_free(value);
    BN_free(number);
  }
  ASN1_INTEGER *crl_number = ASN1_INTEGER_new();
  ASN1_INTEGER_set(crl_number, 1);
  X509_CRL_add1_ext_i2d(crl, NID_crl_number, crl_number, 0, 0);
  X509_CRL_sort(crl);
  long size = X509_CRL_sign(crl, pkey, EVP_sha256()) ? i2d_X509_CRL(crl, NULL) : -1;
  unsigned char *out = NULL;
  if (size > 0) size = i2d_X509_CRL(crl, &out);
  OPENSSL_free(out);
  ASN1_INTEGER_free(crl_number);
  ASN1_TIME_free(now);
  ASN1_TIME_free(next);
  X509_CRL_free(crl);
  X509_free(ca);
  EVP_PKEY_free(pkey);
  return size;
}
