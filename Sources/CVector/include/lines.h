#pragma once
#include <stddef.h>
#include <stdint.h>

// Lines of mail looked at by vector instructions where the processor has them: AVX2. Each function says how far it came,
// and the scalar code beside its caller, which finds the same, goes on from there.

typedef struct {
  // How many octets were passed.
  size_t passed;
  // Whether an LF without a CR before it was among them.
  int saw_bare;
} smime_lines;

// Passes octets as long as every LF in them has a CR before it. `previous` is the octet before the first.
size_t smime_pass_crlf(const uint8_t *bytes, size_t count, uint8_t previous);

// From the start of a line on, passes whole lines until one begins with "--".
smime_lines smime_pass_plain(const uint8_t *bytes, size_t count);

// From the start of a line on, passes whole lines that relays leave as they are: ASCII without NUL, no CR but before LF,
// no white space at the end, no "From " at the start, at most `longest` octets without the line end.
size_t smime_pass_safe(const uint8_t *bytes, size_t count, size_t longest);
