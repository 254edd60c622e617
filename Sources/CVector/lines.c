#include "lines.h"
#include "processor.h"

#include <string.h>

#if defined(__x86_64__)
// 64 octets, whose masks have a bit for each, the first octet's lowest.
typedef struct {
  __m256i low, high;
} block;

AVX2 static block load(const uint8_t *bytes) {
  return (block){_mm256_loadu_si256((const __m256i *)bytes), _mm256_loadu_si256((const __m256i *)(bytes + 32))};
}

AVX2 static uint64_t mask(__m256i low, __m256i high) {
  return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

AVX2 static uint64_t equal(block octets, char octet) {
  __m256i all = _mm256_set1_epi8(octet);
  return mask(_mm256_cmpeq_epi8(octets.low, all), _mm256_cmpeq_epi8(octets.high, all));
}

// The octets behind those of a mask; `carry` is the last of the block before, and becomes that of this one.
static inline uint64_t behind(uint64_t octets, uint64_t *carry) {
  uint64_t result = octets << 1 | *carry;
  *carry = octets >> 63;
  return result;
}

// The bits below the lowest one of `bits`; all of them when there is none.
static inline uint64_t below(uint64_t bits) { return bits == 0 ? ~0ULL : (bits & -bits) - 1; }

// Behind the last octet of a mask that is not empty.
static inline size_t behind_last(uint64_t octets) { return 64 - (size_t)__builtin_clzll(octets); }

AVX2 static size_t pass_crlf(const uint8_t *bytes, size_t count, uint8_t previous) {
  uint64_t carry = previous == '\r';
  size_t at = 0;
  for (; count - at >= 64; at += 64) {
    block octets = load(bytes + at);
    uint64_t bare = equal(octets, '\n') & ~behind(equal(octets, '\r'), &carry);
    if (bare != 0) return at + (size_t)__builtin_ctzll(bare);
  }
  return at;
}

AVX2 static smime_lines pass_plain(const uint8_t *bytes, size_t count) {
  uint64_t after_cr = 0, after_lf = 0;
  size_t line = 0;
  int saw_bare = 0;
  for (size_t at = 0; count - at >= 64; at += 64) {
    block octets = load(bytes + at);
    uint64_t feeds = equal(octets, '\n');
    uint64_t bare = feeds & ~behind(equal(octets, '\r'), &after_cr);
    // A dash that begins a line; the first line was looked at by the caller.
    for (uint64_t dashes = behind(feeds, &after_lf) & equal(octets, '-'); dashes != 0; dashes &= dashes - 1) {
      size_t place = at + (size_t)__builtin_ctzll(dashes);
      // What stands behind the last octet is not known.
      if (place + 1 < count && bytes[place + 1] != '-') continue;
      return (smime_lines){place, saw_bare || (bare & below(dashes)) != 0};
    }
    if (feeds != 0) line = at + behind_last(feeds);
    if (bare != 0) saw_bare = 1;
  }
  return (smime_lines){line, saw_bare};
}

AVX2 static size_t pass_safe(const uint8_t *bytes, size_t count, size_t longest) {
  uint64_t after_cr = 0, after_lf = 1, after_space = 0;
  // Where the current line begins.
  size_t line = 0;
  for (size_t at = 0; count - at >= 64; at += 64) {
    block octets = load(bytes + at);
    uint64_t feeds = equal(octets, '\n'), returns = equal(octets, '\r');
    uint64_t bad = mask(octets.low, octets.high) | equal(octets, 0);
    bad |= behind(returns, &after_cr) & ~feeds;
    bad |= behind(equal(octets, ' ') | equal(octets, '\t'), &after_space) & (feeds | returns);
    for (uint64_t starts = behind(feeds, &after_lf) & equal(octets, 'F'); starts != 0; starts &= starts - 1) {
      size_t place = at + (size_t)__builtin_ctzll(starts);
      if (count - place < 5 || memcmp(bytes + place, "From ", 5) == 0) bad |= starts & -starts;
    }
    // Only the first line that ends here can be long: the others are in this block.
    if (feeds != 0) {
      size_t end = at + (size_t)__builtin_ctzll(feeds);
      size_t length = end - line - (end > line && bytes[end - 1] == '\r');
      if (length > longest) bad |= feeds & -feeds;
    }
    if (bad != 0) {
      uint64_t passed = feeds & below(bad);
      return passed == 0 ? line : at + behind_last(passed);
    }
    if (feeds != 0) line = at + behind_last(feeds);
  }
  return line;
}
#endif

size_t smime_pass_crlf(const uint8_t *bytes, size_t count, uint8_t previous) {
#if defined(__x86_64__)
  if (has_avx2()) return pass_crlf(bytes, count, previous);
#endif
  (void)bytes, (void)count, (void)previous;
  return 0;
}

smime_lines smime_pass_plain(const uint8_t *bytes, size_t count) {
#if defined(__x86_64__)
  if (has_avx2()) return pass_plain(bytes, count);
#endif
  (void)bytes, (void)count;
  return (smime_lines){0, 0};
}

size_t smime_pass_safe(const uint8_t *bytes, size_t count, size_t longest) {
#if defined(__x86_64__)
  if (has_avx2()) return pass_safe(bytes, count, longest);
#endif
  (void)bytes, (void)count, (void)longest;
  return 0;
}
