// Does by libcrypto what smime-bench asks for on standard input, and answers with operations a second of CPU time. It is a
// process of its own so that another libcrypto than the package's can be put under it (LD_LIBRARY_PATH).
//
//   smime-reference --timed COMMAND ARGUMENT…     runs that and tells its time and memory
//   smime-reference FOLDER      key.der leaf.der issuing.der root.der recipients.pack chains.pack in it
//   JOB SECONDS FILE|SIZE       one line; sign, verify, check, encrypt…, decrypt, parse, validate over the messages of a
//                               pack in turn, validate-read over the chains of chains.pack, which were read at the
//                               start, or `=NAME` for a primitive over SIZE bytes
// A pack is messages one after another, each behind its size in four octets, the highest first.
#include <openssl/crypto.h>
#include <openssl/opensslv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "reference.h"
#include "timed.h"

typedef struct {
  unsigned char *bytes;
  size_t count;
} blob;

static blob read_file(const char *folder, const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  blob result = {NULL, 0};
  FILE *file = fopen(path, "rb");
  if (!file) return result;
  fseek(file, 0, SEEK_END);
  result.count = (size_t)ftell(file);
  rewind(file);
  result.bytes = malloc(result.count + 1);
  if (fread(result.bytes, 1, result.count, file) != result.count) result.count = 0;
  fclose(file);
  return result;
}

// The message at `*at`, which goes to the next one; from the last one back to the first.
static blob next_in(blob pack, size_t *at) {
  if (*at + 4 > pack.count) *at = 0;
  const unsigned char *head = pack.bytes + *at;
  size_t count = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
  blob message = {pack.bytes + *at + 4, count};
  *at += 4 + count;
  return message;
}

static long run(reference *r, const char *job, blob message) {
  if (!strcmp(job, "sign")) return reference_sign(r, message.bytes, message.count);
  if (!strcmp(job, "verify")) return reference_verify(r, message.bytes, message.count, 1);
  if (!strcmp(job, "check")) return reference_verify(r, message.bytes, message.count, 0);
  if (!strcmp(job, "encrypt")) return reference_encrypt(r, message.bytes, message.count, 1, 0);
  if (!strcmp(job, "encrypt-cbc")) return reference_encrypt(r, message.bytes, message.count, 0, 0);
  if (!strcmp(job, "encrypt-all")) return reference_encrypt(r, message.bytes, message.count, 1, 1);
  if (!strcmp(job, "parse")) return reference_parse(message.bytes, message.count);
  if (!strcmp(job, "validate")) return reference_validate(r, message.bytes, message.count);
  if (!strcmp(job, "validate-read")) return reference_validate_next(r);
  if (!strcmp(job, "decrypt")) return reference_decrypt(r, message.bytes, message.count);
  return -1;
}

static double rate(reference *r, blob key, const char *job, double seconds, const char *folder, const char *what) {
  primitive *p = job[0] == '=' ? primitive_new(job + 1, key.bytes, key.count, (size_t)atol(what)) : NULL;
  blob pack = p ? (blob){NULL, 0} : read_file(folder, what);
  if (!p && pack.count < 4) return 0;
  size_t at = 0, count = 0;
  double used = 0;
  clock_t start = clock();
  while (used < seconds) {
    if (p ? !primitive_run(p) : run(r, job, next_in(pack, &at)) <= 0) return 0;
    // The clock costs as much as hashing a hundred bytes.
    if (++count % (p ? 16 : 1) == 0) used = (double)(clock() - start) / CLOCKS_PER_SEC;
  }
  if (p) primitive_free(p);
  free(pack.bytes);
  return (double)count / used;
}

int main(int argc, char **argv) {
  if (argc > 2 && !strcmp(argv[1], "--timed")) return run_timed(argv + 2);
  if (argc != 2) return 64;
  const char *folder = argv[1];
  blob key = read_file(folder, "key.der"), leaf = read_file(folder, "leaf.der");
  blob issuing = read_file(folder, "issuing.der"), root = read_file(folder, "root.der");
  reference *r = reference_new(key.bytes, key.count, leaf.bytes, leaf.count, issuing.bytes, issuing.count, root.bytes,
                               root.count);
  if (!r) return 66;
  blob recipients = read_file(folder, "recipients.pack");
  for (size_t at = 0; at + 4 < recipients.count;) {
    blob one = next_in(recipients, &at);
    reference_add_recipient(r, one.bytes, one.count);
  }
  blob chains = read_file(folder, "chains.pack");
  for (size_t at = 0; at + 4 < chains.count;) {
    blob one = next_in(chains, &at);
    if (!reference_add_chain(r, one.bytes, one.count)) return 65;
  }
  printf("%s\n", OpenSSL_version(OPENSSL_VERSION));
  fflush(stdout);
  char job[64], what[1024];
  double seconds;
  while (scanf("%63s %lf %1023s", job, &seconds, what) == 3) {
    printf("%.3f\n", rate(r, key, job, seconds, folder, what));
    fflush(stdout);
  }
  return 0;
}
