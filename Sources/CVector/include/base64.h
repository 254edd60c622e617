#pragma once
#include <stddef.h>
#include <stdint.h>

// Base64 (RFC 4648 §4) by vector instructions where the processor has them: AVX2. What is not done here is done by the
// scalar code in ByteIO, which gives the same bytes; these functions say how far they came.

// Encodes lines of 57 octets as lines of 76 characters and CRLF, `lines` of them. Returns how many it did: all or none.
size_t smime_base64_encode_lines(const uint8_t *in, size_t lines, uint8_t *out);

typedef struct {
  // Characters taken, and octets that they are.
  size_t taken, written;
} smime_base64_progress;

// Decodes whole groups of four characters of the alphabet, and the line ends of lines of 76 characters, from the start of
// a group on. Stops before anything else, or when less than a vector is left of the text or of the room.
smime_base64_progress smime_base64_decode(const uint8_t *text, size_t count, uint8_t *out, size_t room);
