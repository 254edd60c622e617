import Foundation

/// Keys and signatures of newer and of older kinds, made by OpenSSL 3.0 where nothing else is said. The keys are used
/// nowhere else; all signatures are over `Fixture.message`.
enum MoreFixture {

  /// A key on brainpoolP256r1, its signature with the curve's own digest, and the key as SEC 1.
  static let brainpoolP256r1PKCS8 = base64(
    """
    MIGIAgEAMBQGByqGSM49AgEGCSskAwMCCAEBBwRtMGsCAQEEIGd+8apv+FATaRE+TljYGAlqMmocsG8XzO4pvQh9GtZ8oUQDQgAE
    H7R775NFr/WfYTLscqlFTTR/lyk4YKAbrsHn8MiHegBxS5ZbdU3d29V1jhW93k/EDzz+AgCJsoaYE8b2wXY0Tg==
    """)

  /// ECDSA by `brainpoolP256r1PKCS8`.
  static let brainpoolP256r1Signature = base64(
    """
    MEQCIAz3QaZ2lxpFelKctjgHRHYT/cUrw+BzZbIGpZsq3fXJAiBNz91AvePZUQNrt27tWX2rPoOToeX+5/I//TCdtw6JEQ==
    """)

  /// `brainpoolP256r1PKCS8` as SEC 1.
  static let brainpoolP256r1SEC1 = base64(
    """
    MHgCAQEEIGd+8apv+FATaRE+TljYGAlqMmocsG8XzO4pvQh9GtZ8oAsGCSskAwMCCAEBB6FEA0IABB+0e++TRa/1n2Ey7HKpRU00
    f5cpOGCgG67B5/DIh3oAcUuWW3VN3dvVdY4Vvd5PxA88/gIAibKGmBPG9sF2NE4=
    """)

  /// A key on brainpoolP384r1, its signature with the curve's own digest, and the key as SEC 1.
  static let brainpoolP384r1PKCS8 = base64(
    """
    MIG6AgEAMBQGByqGSM49AgEGCSskAwMCCAEBCwSBnjCBmwIBAQQwK5HK3FyC7N3KX+ii9NghXFDnIRSnC0p4F8m/is7hyalCP2mw
    TqOKFmvcsJJ9VzaSoWQDYgAEWgimxNR96twz2op8sSyi+ooia51IjoeHyunXbXYhw7I5eEdCuPWVrBQvHV+VDIi3VZfvWM0xJaLJ
    mZghPysKj1K7n+Nc2sRcRi03LHxLtcqmMpsCLfyv7wp8gzvw5yyi
    """)

  /// ECDSA by `brainpoolP384r1PKCS8`.
  static let brainpoolP384r1Signature = base64(
    """
    MGQCMDEEUvEeeJmW8wtaooB5MWsaxEmPn4wlOkWsaePf4ovrtm5nWHGHrr/a+jLFiAz99wIwS+CAMJ6SgRuaYooQ0rpQqqq3ymHO
    LRTiudyDyi5qh98teTdS5S0DAo3xacUWhuwI
    """)

  /// `brainpoolP384r1PKCS8` as SEC 1.
  static let brainpoolP384r1SEC1 = base64(
    """
    MIGoAgEBBDArkcrcXILs3cpf6KL02CFcUOchFKcLSngXyb+KzuHJqUI/abBOo4oWa9ywkn1XNpKgCwYJKyQDAwIIAQELoWQDYgAE
    WgimxNR96twz2op8sSyi+ooia51IjoeHyunXbXYhw7I5eEdCuPWVrBQvHV+VDIi3VZfvWM0xJaLJmZghPysKj1K7n+Nc2sRcRi03
    LHxLtcqmMpsCLfyv7wp8gzvw5yyi
    """)

  /// A key on brainpoolP512r1, its signature with the curve's own digest, and the key as SEC 1.
  static let brainpoolP512r1PKCS8 = base64(
    """
    MIHsAgEAMBQGByqGSM49AgEGCSskAwMCCAEBDQSB0DCBzQIBAQRAoVILbMXlXevvP6OoY8KlOLgROXRs6htm81skcgV+DDRxYXRk
    Q7S32DHmEwIMrmn2sVfcbh5IQT/Av6y8O3JHlqGBhQOBggAEqHaVMri0CliYX8FYknginI6MSjFtztVZD5gi1DSVlkGgedejhkfa
    0gx5iwAEUGIkOv/TYlrpYjQ9xlG1kIFUUVzvVzEiUeWx/AVDxOsyv/xU6d65rIzONS70JXG58TmV59Lny1GNjcCZ97Bx31USZ//d
    Kp1VIxqZKNKlUp4dCiA=
    """)

  /// ECDSA by `brainpoolP512r1PKCS8`.
  static let brainpoolP512r1Signature = base64(
    """
    MIGGAkEAkB11IwGu0zHxkzmIlsL8HKxQta84pvLcOK3LwNfwF0iDTqf4MdK/FP7SapLCRnC495osO/F8ZbOXVSSFXZ84nQJBAJDm
    j3HNHkxttLnlSjre31sVVu1qVGDoENL75Xn5gJoQ16eW0wCHn5Z6YEjSTrpQtcIPRAkdFhVH0rYptNp4cYM=
    """)

  /// `brainpoolP512r1PKCS8` as SEC 1.
  static let brainpoolP512r1SEC1 = base64(
    """
    MIHaAgEBBEChUgtsxeVd6+8/o6hjwqU4uBE5dGzqG2bzWyRyBX4MNHFhdGRDtLfYMeYTAgyuafaxV9xuHkhBP8C/rLw7ckeWoAsG
    CSskAwMCCAEBDaGBhQOBggAEqHaVMri0CliYX8FYknginI6MSjFtztVZD5gi1DSVlkGgedejhkfa0gx5iwAEUGIkOv/TYlrpYjQ9
    xlG1kIFUUVzvVzEiUeWx/AVDxOsyv/xU6d65rIzONS70JXG58TmV59Lny1GNjcCZ97Bx31USZ//dKp1VIxqZKNKlUp4dCiA=
    """)

  /// ECDSA with SHA3-256 by `brainpoolP256r1PKCS8`.
  static let brainpoolSHA3Signature = base64(
    """
    MEQCIBlcPIpostZhKpAfXtlGpsAlC4Dxhi/27PKW2Si9YpriAiAP6VS+249uBZxAF7g/JkkJINJ0m2/38BNFx8ROyoHA9A==
    """)

  /// A DSA key of 1024 bits with an order of 160.
  static let dsa1024SPKI = base64(
    """
    MIIBvjCCATMGByqGSM44BAEwggEmAoGBAJK5kRTf8yB7Bg3Q5OZ232EE0g/oyRF4S/a191MesyPEhHZs+G3jqI5+6K5K/L6txase
    SvgQ0dwk60MD2V61dM101IJA9Qj3D/Ao6+1E24DfdqErfk2SjODxAQaaM1tbmKPxpuGoFuURZcEhlJ2t80kga9LZulO7yRAkFyH3
    vbP5Ah0Ag0E2KoOFI9FsIN5aVhjhhXRfrQbuOj44SAzv6wKBgGnBRqu/HZTJbi9roQBq9hKYRJ+VItA5DG3mqCOrF0su90MNIMuq
    E9/10IQ+icUOd4kjoJZyNap2wxTy4NVId8GmMIDoyKei+dZrYPxbBTvJohjLNm8CpLt4dLCO/VG2IClJeIwwk3bnraAqJoPcFZS9
    rgqkxo8sjTgW5rfoQjDjA4GEAAKBgCQ2hp/fpd/2gXAr0ecgVmZq0mk9GZpaLDJOTk+ULZcc1U5CgxAJWn/CdhKtztjnMyx6lH8F
    NpV1Lj9ZvWPpqowcLJ2Zzjlt89yQqYhKYKF7c7B2nBom3ukDuQX2gXQkHQ3kTxMIfpMHMW1I6ZvC4v1jL70PUM/q63hp+vReO0Yf
    """)

  /// DSA with SHA-1 by `dsa1024SPKI`.
  static let dsa1024Signature = base64(
    """
    MDwCHB5okXeJ4mQ3Gd3FsWTSxJ9TPu5wMcYXT/y2KtoCHEeWdio83mCvnmulykH+6SMXrJLlnmtWXuAtsYQ=
    """)

  /// A DSA key of 2048 bits with an order of 256.
  static let dsa2048SPKI = base64(
    """
    MIIDRjCCAjkGByqGSM44BAEwggIsAoIBAQDMol3MClHRdSCVILaweWaB1jD3KGEQH+DUHmweko7OSoH2VO/5jj+Jg6vnHeipP1en
    8CUIK7jtHsk6hYE+hI2QFO4o6FJgNVbAI5Pel2YCdo3onWV+7dX8VkihA/4Xj0E+/DlOmpMdfv6269GTZJkkELjzGCvuI2xEppgJ
    6qRn+2DYWu3SAmXnfs7FCh7pYqZ8YX8+ie8zHygXmnMM/WaUAVwSBUxnZQYNSjyHffH8q813Z4YDqUSKnFT1qZcEI6WDsM0PZ5Rc
    QUBZ5e6po57o+RILz0eYsmBXq1+Bw21Gl8UzAhCyNnnri7hjBMbgF0mDsRuEGcfmhz+TzSRpLmONAiEAwAB/s6jv+aA/RrV/dxVK
    9oOBHfvPQUT4fW1ySj4NuukCggEAJdShO43IMFcKn82aDBrrnWxS/s0+xAu/InJKHNIQfLkOa/dqCXhEFkFFV+GlZ0nhNLa/i2Lo
    9fzswsNsDuU1TSjiJ2zOtm7UQCb6zhQJ9tcZ2kpaFnHR85klb8jyfCEdrXj6iTePC/UANYOEo4CUf2Jir+EPa9u6sicSIms6nqhE
    Z37FSF3lIUFYMcFARG9ee2iKUDr3f2EkrJ5kEf4F7I8EsZtaI50OEcrfxJCmGIGcyjjS+sfNS8zlHDreJ7ycwR9e1d+B31NhiE4b
    Pkh89q2qKTSOR5Z5fWE5XmIm2VW1qbvvd+FhMmb5B6PN+RUwNGHvHNwpe4ocytaKnM12hgOCAQUAAoIBADIzrBnsj8+lsBlVWar0
    gzpEk0mXKxRNzfRFIg02vhEf4inSY+1TcJbw9r5JmaMHinqkR6DiUmZJ6CnDZhnxgFbL71JB86RhT44LuXtvro375RqA3FXhhPBt
    7iBaKOtaA19fdPYLlP+urv2jShqU6S4coVcDy55bKEsj+/8qhGswzcsUcBPaZBy6DfhQBVPIuxBRj8Ufi0HlzjuBXHVtC3aFnTxh
    NS+euih9wn8zs4WCqip/qlKZfRRzmQR50UM71av3GB2OEp5whW3JC+NQfybuMXgxuZKxarg2EKB9J90ZiVAi4No+0oPtYvCKz0I9
    bWpRx+M1tbqs0peE2La5GOU=
    """)

  /// DSA with SHA-256 by `dsa2048SPKI`.
  static let dsa2048Signature = base64(
    """
    MEQCIEH9/qj6jkQi0WfP2iAMzYYvV1Nh5wA+SYnsSThNNcqoAiAQl/cebEsvQjx2+jf82JRb5LEzbNmhSWSpRwHTIqSVKA==
    """)

  /// A 512-bit RSAPrivateKey.
  static let rsa512PKCS1 = base64(
    """
    MIIBPQIBAAJBAMsCoD/0ptYEoUOW1T8aWk9OZ8CvdXtwPp0bqAHCZvMCbGG0ImpO1X7z0NKjFvvYFZn634oNl7vzrvWh2XmHOmkC
    AwEAAQJBAIBXcKf+K1syIiFwwe/a4S0yDDWst0EKfQsl6Njz5dHKnceW10zr7d3jWX+p0RlVYgLFEeszcKTC6h9lLzntzAECIQDw
    HdCn5anJgRlogn6f/hzxz36l6NugW0YX0WnK60vjeQIhANhwcj2MFrgyJJs1LrEzX1OwJQA9Q2Q43VjYTFTzL+JxAiEA14v8Nev9
    qYzBkUargtYrh4qbhzXsihvFZTYwwN7ORgkCIQCRAHRoq2ulJ2LC4JRRfvtEU+PWDzUQ9c/E79PjrbDM4QIhAKIdxK7XXYnJSBpm
    ZyDLVNoOBDdaDgk5qP67MNrqExmo
    """)

  /// RSA v1.5 with MD5 by `rsa512PKCS1`.
  static let rsa512SignatureMD5 = base64(
    """
    BoqwGLtJijZLz4Em3DBvGYj9jRnvlBapGTt2H1zSUL7WL4k2xDVBMNFucm1O4ZmEdx5lzdRp3sU9rClJsVv4Ng==
    """)

  /// RSA v1.5 with SHA-256 by `rsa512PKCS1`.
  static let rsa512SignatureSHA256 = base64(
    """
    Um7uBq/Dc8x1s3VA/qdqgz1yYZ28uv2pYeVmoBE+aAMjq8bT0rT0fsPpfqS6xkZDTIKNdrVbQhZUzVH/Inwipg==
    """)

  /// `0123456789abcdef` to `rsa512PKCS1` by RSA v1.5.
  static let rsa512Encrypted = base64(
    """
    PXTka1EhKnjJ3KqUlZ+7Py79wgr3HyDUO3ujmiT28dq72E3np86znRRJysC0RIXhI//AQ4CVW4nv191JUXaSBA==
    """)

  /// RSA v1.5 with SHA3-512 by `Fixture.rsaPKCS1`.
  static let rsaSHA3Signature = base64(
    """
    JX36Tl4/xZ//1Ji9okAyDmVmIjfH3zrvD9+N6sJx/DqjfQ/MBJghALjfAbK8LKET22L/5/I1vFT1La36rYVkcm0tRvlhNWPsyPfl
    3diWcfE1Qm8z3nFWc5kHNz1J0m2so18KqobSkgtloiFkMfSrSoxiWA+JYA7xQ708zCYJbgVGvo4HmIuT1QKEudZ84DCIjz51JyOr
    eHk18VhQaxkmyErehjUAnI2aDjlcMzaalvk2gPCqWX/uyc9hR0jAvoCPk/LTRh2Q1dWxOrg1pNvMQ+xsKfyn206tEMtaTH2NxOCb
    a7vTcgbmeBd47dFEC84Av1IU/sLRfH5nqobUEfFNRQ==
    """)

  /// RSA-PSS with SHA3-384 and a salt of 48 by `Fixture.rsaPKCS1`.
  static let rsaPSSSHA3Signature = base64(
    """
    i/PVVnWBpE03jAMb22CLUKlgr7esk7zMHG+umBlMMqfoVmdeLGxd9KUaH4HDkjaO2MTNI0Qp9K5Hl3pAWC6YMrZWgb0SJ6VNvWPz
    6O5P+7Tqxn8nSVXokuGbvOY4RkOKkf+BPRISlzWlvaRDnLL6uP1uc0L+u931boScUoXs6fve2/kpVD9vJdLcxny+PqVD+1PMHKMc
    Xx7bOTunTN5/818Eb1mI3wwoRZ/ei/TqgDSGB97ZHkDhT5NXzKfqEyujOEoSNR2c8lSvmvGblPmQNvv0CLlDi0zbX5kfPUWj7Vr6
    oT0xhYfNtpmXLEwyiuaA7ZN28oX30vEFMa/AyxT4bw==
    """)

  /// RSA-PSS with SHAKE128 by `Fixture.rsaPKCS1`, salt 00 01 02 …: computed from RFC 8702 §3.2.1 in Python.
  static let rsaPSSSHAKE128Signature = base64(
    """
    x2N1C10M2jJ6FjEwho0tK0Rn+H3H7xKFj8OwGtJvcdPcy5BXbjXZvVt2Pqto9ZAV9IeSMM80/9DDLYClhmYo9Ib0cl5kaRhJbrf7
    DaQHx5MOR1VWD/euz/vPLY2adfLcG0B/MSdwrCdith5YkfmS3Sv7bfT/97ejv+cXtIkUdzcrvTjV/Cg/kG/NZ8tdQjZ4eNgoBChb
    jv/n/grjqwTa8MjNHpisUJ83X671T3Sb1gkzvG+HlzR2AeNyu4xO8/py9/xrofCOgeqtMyz9KnmlHKK0khpQqxWrISmePQXzQush
    Ix+Ju6f/cDEN0HnSROlOVSYi3bh+CqoAMXeE7g2S8g==
    """)

  /// The same with SHAKE256.
  static let rsaPSSSHAKE256Signature = base64(
    """
    Wnf2UhjSyUKj/rGy44Ndg9OKy4GxCugXwfe/+K9Jhms7dVqIIfNZNgNxw2H3UqBYDwMsGn3RQZDFBvZHBVAB9LyZij1/FBM58H/B
    GQyYXfZ6d/36ReOWUBQtKsxQLKe+zSQ+X9R2Vxvg+NKP0aJa8Y3sfc1Sp99Xjh3W5PNAr3CT7iC4t1nBiVVG9U7FtuENjVwMfCKy
    VVdezAsxAmJt4muwX+I4wlGUIA7Si9pfQGS2qrLPR2JjEjj/e/UmQO3J+zV05SqcuKfM8GW+U3CxH0acFNPrrOczGY24eRw362hn
    OR4emPFbHZKG69X21PZFceFYjKbceGx50t/FejzsKQ==
    """)

  /// The number 0x11…11 raised to the public exponent of `Fixture.rsaPKCS1`.
  static let rsaKEMCiphertext = base64(
    """
    QOvZkHmatTDNj0lEZuuBC4NYYn0CAUCxxR31luTTkVmslswntF5JIany5+gSGktFNzWMpOVMxqTTGctqawYIYZVEMv7tCnfCHTc1
    JxRiFNEGsVu16q8p8KTQQO+EO7Z0HptaKHrzjDvf0XK3Hy1HPAQon+lbCY4mllc7z+nNebniZahXRJDmFbX+XmCKNJgZvBtT+U8o
    zWoQ6PemGzovIwQ9B2QF+e49pE115FM3aZ8aPUDfiRn+Z/wxibPDXwnnof2UrOgFxxDmxjy5OY13NhB7euUyhcQCZxm0xf5iv3Y7
    rX3JqxKli1Q0vyEZZVckaH6otfFG90KAWfYH7VobnA==
    """)

}
