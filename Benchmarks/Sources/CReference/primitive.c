#include "reference.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <string.h>

struct primitive {
  int (*run)(primitive *);
  EVP_PKEY *key;
  EVP_PKEY_CTX *context;
  EVP_CIPHER_CTX *cipher;
  EVP_MD_CTX *digest;
  const EVP_MD *md;
  EVP_ENCODE_CTX *text;
  unsigned char *in, *out;
  size_t count;
  unsigned char token[1024], result[1024];
  size_t token_count;
};

static int run_sign(primitive *p) {
  size_t count = sizeof p->result;
  return EVP_PKEY_sign(p->context, p->result, &count, p->in, 32) == 1;
}

static int run_verify(primitive *p) { return EVP_PKEY_verify(p->context, p->token, p->token_count, p->in, 32) == 1; }

static int run_encrypt(primitive *p) {
  size_t count = sizeof p->result;
  return EVP_PKEY_encrypt(p->context, p->result, &count, p->in, 32) == 1;
}

static int run_decrypt(primitive *p) {
  size_t count = sizeof p->result;
  return EVP_PKEY_decrypt(p->context, p->result, &count, p->token, p->token_count) == 1;
}

static int run_agree(primitive *p) {
  size_t count = sizeof p->result;
  return EVP_PKEY_derive(p->context, p->result, &count) == 1;
}

static int run_generate(primitive *p) {
  EVP_PKEY *key = NULL;
  int done = EVP_PKEY_generate(p->context, &key) == 1;
  EVP_PKEY_free(key);
  return done;
}

static int run_digest(primitive *p) {
  unsigned count;
  return EVP_DigestInit_ex(p->digest, p->md, NULL) == 1 && EVP_DigestUpdate(p->digest, p->in, p->count) == 1 &&
         EVP_DigestFinal_ex(p->digest, p->result, &count) == 1;
}

static int run_cipher(primitive *p) {
  int count;
  return EVP_CipherInit_ex(p->cipher, NULL, NULL, NULL, p->token, -1) == 1 &&
         EVP_CipherUpdate(p->cipher, p->out, &count, p->in, (int)p->count) == 1;
}

static int run_base64(primitive *p) {
  int count, rest;
  EVP_EncodeInit(p->text);
  EVP_EncodeUpdate(p->text, p->out, &count, p->in, (int)p->count);
  EVP_EncodeFinal(p->text, p->out + count, &rest);
  p->token_count = (size_t)(count + rest);
  return 1;
}

static int run_base64_open(primitive *p) {
  int count;
  EVP_DecodeInit(p->text);
  return EVP_DecodeUpdate(p->text, p->in, &count, p->out, (int)p->token_count) >= 0;
}

static int set_up(primitive *p, const char *name) {
  EVP_PKEY *key = p->key;
  int rsa = key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
  if (key) p->context = EVP_PKEY_CTX_new(key, NULL);
  if (!strcmp(name, "sign") || !strcmp(name, "verify")) {
    if (!key || EVP_PKEY_sign_init(p->context) != 1 || EVP_PKEY_CTX_set_signature_md(p->context, EVP_sha256()) != 1)
      return 0;
    p->run = run_sign;
    if (!strcmp(name, "sign")) return 1;
    p->token_count = sizeof p->token;
    if (EVP_PKEY_sign(p->context, p->token, &p->token_count, p->in, 32) != 1) return 0;
    p->run = run_verify;
    return EVP_PKEY_verify_init(p->context) == 1 && EVP_PKEY_CTX_set_signature_md(p->context, EVP_sha256()) == 1;
  }
  if (!strcmp(name, "encrypt") || !strcmp(name, "decrypt")) {
    if (!rsa || EVP_PKEY_encrypt_init(p->context) != 1) return 0;
    p->run = run_encrypt;
    if (!strcmp(name, "encrypt")) return 1;
    p->token_count = sizeof p->token;
    if (EVP_PKEY_encrypt(p->context, p->token, &p->token_count, p->in, 32) != 1) return 0;
    p->run = run_decrypt;
    return EVP_PKEY_decrypt_init(p->context) == 1;
  }
  if (!strcmp(name, "agree")) {
    p->run = run_agree;
    return key && !rsa && EVP_PKEY_derive_init(p->context) == 1 && EVP_PKEY_derive_set_peer(p->context, key) == 1;
  }
  if (!strcmp(name, "generate")) {
    p->run = run_generate;
    EVP_PKEY_CTX_free(p->context);
    p->context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
    return EVP_PKEY_keygen_init(p->context) == 1 &&
           EVP_PKEY_CTX_set_ec_paramgen_curve_nid(p->context, NID_X9_62_prime256v1) == 1;
  }
  if (!strncmp(name, "sha", 3)) {
    p->run = run_digest;
    p->md = !strcmp(name, "sha512") ? EVP_sha512() : EVP_sha256();
    return (p->digest = EVP_MD_CTX_new()) != NULL;
  }
  if (!strncmp(name, "gcm", 3) || !strncmp(name, "cbc", 3)) {
    p->run = run_cipher;
    p->cipher = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *cipher = name[0] == 'g' ? EVP_aes_256_gcm() : EVP_aes_256_cbc();
    return EVP_CipherInit_ex(p->cipher, cipher, NULL, p->in, p->token, strstr(name, "open") ? 0 : 1) == 1;
  }
  p->text = EVP_ENCODE_CTX_new();
  run_base64(p);
  p->run = strstr(name, "open") ? run_base64_open : run_base64;
  return !strncmp(name, "base64", 6);
}

primitive *primitive_new(const char *name, const unsigned char *key, size_t key_count, size_t count) {
  primitive *p = OPENSSL_zalloc(sizeof *p);
  p->count = count;
  p->in = OPENSSL_zalloc(count + 64);
  p->out = OPENSSL_zalloc(2 * count + 1024);
  for (size_t i = 0; i < count; i++) p->in[i] = (unsigned char)(i * 167 + (i >> 8));
  p->key = d2i_AutoPrivateKey(NULL, &key, (long)key_count);
  if (set_up(p, name)) return p;
  primitive_free(p);
  return NULL;
}

int primitive_run(primitive *p) { return p->run(p); }

void primitive_free(primitive *p) {
  EVP_PKEY_free(p->key);
  EVP_PKEY_CTX_free(p->context);
  EVP_CIPHER_CTX_free(p->cipher);
  EVP_MD_CTX_free(p->digest);
  EVP_ENCODE_CTX_free(p->text);
  OPENSSL_free(p->in);
  OPENSSL_free(p->out);
  OPENSSL_free(p);
}
