#include "base64.h"
#include "processor.h"

#if defined(__x86_64__)
// The methods are those of W. Muła and D. Lemire, "Faster Base64 Encoding and Decoding Using AVX2 Instructions" (2018).
// Spreads 24 octets (12 in each half, behind `skip` octets there) to 32 values of six bits, and those to characters.
AVX2 static __m256i characters(__m256i octets) {
  __m256i high = _mm256_mulhi_epu16(_mm256_and_si256(octets, _mm256_set1_epi32(0x0FC0FC00)), _mm256_set1_epi32(0x04000040));
  __m256i low = _mm256_mullo_epi16(_mm256_and_si256(octets, _mm256_set1_epi32(0x003F03F0)), _mm256_set1_epi32(0x01000010));
  __m256i values = _mm256_or_si256(high, low);
  // What is added to a value to make its character depends on its range: 0…25, 26…51, 52…61, 62, 63.
  __m256i range = _mm256_subs_epu8(values, _mm256_set1_epi8(51));
  range = _mm256_sub_epi8(range, _mm256_cmpgt_epi8(values, _mm256_set1_epi8(25)));
  const __m256i offsets = _mm256_setr_epi8(65, 71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 0, 0, 65, 71, -4, -4,
                                           -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 0, 0);
  return _mm256_add_epi8(values, _mm256_shuffle_epi8(offsets, range));
}

AVX2 static __m256i load_halves(const uint8_t *low, const uint8_t *high) {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)low)),
                                 _mm_loadu_si128((const __m128i *)high), 1);
}

AVX2 static void encode_lines(const uint8_t *in, size_t lines, uint8_t *out) {
  const __m256i front = _mm256_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10, 1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8,
                                         7, 10, 9, 11, 10);
  // The same for octets that stand behind four others.
  const __m256i back = _mm256_add_epi8(front, _mm256_set1_epi8(4));
  for (; lines > 0; lines--, in += 57, out += 78) {
    __m256i first = _mm256_shuffle_epi8(load_halves(in, in + 12), front);
    __m256i second = _mm256_shuffle_epi8(load_halves(in + 24, in + 36), front);
    // The last twelve octets, three of them once more: nothing is read beyond the line.
    __m256i last = _mm256_shuffle_epi8(load_halves(in + 41, in + 41), back);
    _mm256_storeu_si256((__m256i *)out, characters(first));
    _mm256_storeu_si256((__m256i *)(out + 32), characters(second));
    _mm_storeu_si128((__m128i *)(out + 60), _mm256_castsi256_si128(characters(last)));
    out[76] = '\r';
    out[77] = '\n';
  }
}

// The values of 32 characters. Returns 0 if one is outside the alphabet.
AVX2 static int values(__m256i text, __m256i *result) {
  const __m256i by_low = _mm256_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1A, 0x1B, 0x1B,
                                          0x1B, 0x1A, 0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1A,
                                          0x1B, 0x1B, 0x1B, 0x1A);
  const __m256i by_high = _mm256_setr_epi8(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10,
                                           0x10, 0x10, 0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10,
                                           0x10, 0x10, 0x10, 0x10);
  const __m256i offsets = _mm256_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 19, 4, -65, -65,
                                           -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m256i slash = _mm256_set1_epi8('/');
  __m256i high = _mm256_and_si256(_mm256_srli_epi32(text, 4), _mm256_set1_epi8(0x0F));
  __m256i low = _mm256_and_si256(text, _mm256_set1_epi8(0x0F));
  if (!_mm256_testz_si256(_mm256_shuffle_epi8(by_low, low), _mm256_shuffle_epi8(by_high, high))) return 0;
  __m256i range = _mm256_add_epi8(_mm256_cmpeq_epi8(text, slash), high);
  *result = _mm256_add_epi8(text, _mm256_shuffle_epi8(offsets, range));
  return 1;
}

// Twelve octets at the start of each half.
AVX2 static __m256i packed(__m256i values) {
  __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
  __m256i groups = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
  return _mm256_shuffle_epi8(groups, _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1, 2, 1, 0, 6, 5, 4,
                                                      10, 9, 8, 14, 13, 12, -1, -1, -1, -1));
}

// Stores 24 octets and eight more that mean nothing.
AVX2 static void store(__m256i values, uint8_t *out) {
  __m256i joined = _mm256_permutevar8x32_epi32(packed(values), _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7));
  _mm256_storeu_si256((__m256i *)out, joined);
}

AVX2 static smime_base64_progress decode(const uint8_t *text, size_t count, uint8_t *out, size_t room) {
  size_t at = 0, to = 0;
  __m256i first, second, last;
  for (;;) {
    const uint8_t *line = text + at;
    if (count - at >= 32 && room - to >= 32) {
      if (!values(_mm256_loadu_si256((const __m256i *)line), &first)) break;
      store(first, out + to);
    } else {
      break;
    }
    // A line of 76 and its CRLF, whose last sixteen characters take four of those before them once more.
    if (count - at >= 78 && room - to >= 64 && line[76] == '\r' && line[77] == '\n' &&
        values(_mm256_loadu_si256((const __m256i *)(line + 32)), &second) &&
        values(load_halves(line + 60, line + 60), &last)) {
      store(second, out + to + 24);
      _mm_storeu_si128((__m128i *)(out + to + 45), _mm256_castsi256_si128(packed(last)));
      at += 78;
      to += 57;
    } else {
      at += 32;
      to += 24;
    }
  }
  return (smime_base64_progress){at, to};
}
#endif

size_t smime_base64_encode_lines(const uint8_t *in, size_t lines, uint8_t *out) {
#if defined(__x86_64__)
  if (has_avx2()) {
    encode_lines(in, lines, out);
    return lines;
  }
#endif
  (void)in, (void)lines, (void)out;
  return 0;
}

smime_base64_progress smime_base64_decode(const uint8_t *text, size_t count, uint8_t *out, size_t room) {
#if defined(__x86_64__)
  if (has_avx2()) return decode(text, count, out, room);
#endif
  (void)text, (void)count, (void)out, (void)room;
  return (smime_base64_progress){0, 0};
}
