import Foundation

/// Keys and signatures that OpenSSL 3.0 made. The keys are used nowhere else.
enum Fixture {
  static let message = Array("sample message\n".utf8)

  /// A 2048-bit RSAPrivateKey.
  static let rsaPKCS1 = base64(
    """
    MIIEpQIBAAKCAQEAx93V9j4rA+qMfs9GT+6oRRkTpQ89w8hurmfsqxobyNjh2iH2VVfEuZ7doslBU4uoG55cuYBnNn0oSVd4yiSz
    0lqsdGghfd5h+gKUHo+Hrkij72A44O6RF6PeeEEMuJ+IEG+hWTdnW+4EKFnsqL4PqMfnQ3Hfs5nBmQC/7+FMSBWYxW0fsP5Fx6FJ
    R+/oslkhcebqkNZ7mkM9aO3U3X3SDajrCMAaTlpNGekbYN/a1Vq46CN58Ta+UAwjulwMLJz3yoY9EKL7MBWrAuGvHEYSEFefAI6o
    sbiqzPXCXOgZeXOTskVtef/1HQ83yJ3FT2DJpifpGbNCbtWHZddDObtsgQIDAQABAoIBAA4J7p9kLMKSyTFXlxtiesKWwTbfABJG
    XALnZRv8Ip88H7oiGFLUjkqRBoWqkAqBpOpiuGXlx2owBqJHMQJ260Qfbx1impakJhro7zVJ1OiYrN4xsrEXBM1FqwjkndOCjizE
    YI+bGQkfqf5ZGardJc2v0/Zcc2+CwXLhNvovJ7vo222hufGDumFh3YRJmyjq1JdHIjVBeMLVdIoaqLPB1z0wAcS1EIMpLXRGAcfl
    YJx8ww9ihfcNhQwqBhqhT4MnkTDlAqeGYVB9TrOKWr7LCKx0vf+9Mxfdk1BtYQutv0mgEz4dywlVPxL1D6xzAFG5nyaaTKpyOLHn
    fIlurSa3LukCgYEA/4bOFgrsK+7WLlBjrhEPYZIWbP8eFUlEBEGloZtcBjHlNWFMmmoQDKXK1AlnUrxtPxBTLWWb2wInTlChQU69
    kKRhuMA/UUDQEPHX72nAm/4Z9r0r3R0TCQq/3Y5r5y884w9BVP83+RMkKa/PlDcDbEM1aM1PXTIodK1Zfmhku/kCgYEAyDyhqUD8
    zPqVoHCO6IL3bilHSLzUebxO1L5qbs8R19A2IedUgwc5an3WqYBLb/ZthoOl7nXnTmbL/sW4+ib2Ys51ykcylriiRkaPmLERHfvA
    L8Z4w5xW/MYAkGDb3SDPyBLCE5CdIJIvszTbzTftbQ5y1JBTZho4wFZBfs8cBskCgYEAnJwbnUjufPKyFMqyfVH5clyeIAmwf21b
    IZy2jjjxCt7z02aiE5Xj5kyK5rAown24G0m/IPjAsFc+jfI/Ew7WglsthZVWeU9W9ruzFAplwXXYpfBFfQy/yO/srjcHDTdXgvar
    nRObU64WoPIfMIETOPxsNKJ4/O6r+u7wBdinvMkCgYEAlpTqKgOCWZAU1/vtrLNY6dJHFk9TJl1Tly+/kKdOTtL48pQp/QOAzTHn
    Lb8afA+BHEiCj4rBMTejL2x4CD8myPVkpYLXa3tcJadIs9Zs/fRl+keyZ8B5tkwc/naowWm8eESLCPWXBHiLQKR+q5zkgz/7YRlM
    bptHlHUJehi8hekCgYEA6KbPRKdY91QSrrpjXIWpjMCEIv4A6DClXCjnegkTtUvIxlZ7Pm2k6x66jB2PKttKEDQOoEAD8CtsfyyU
    lSfMmvITPqbRtXkYUyLy1BSR5mVEDtv7Ahll+hWhqP3kQ9B/KHg2/s6UOxEk01knRpeZepwqi8k96KPSms4ZA73Fs1Y=
    """)

  /// A PKCS#8 key for id-RSASSA-PSS, restricted to SHA-256, MGF1 with SHA-256 and a salt of 32.
  static let pssPKCS8 = base64(
    """
    MIIE8wIBADBBBgkqhkiG9w0BAQowNKAPMA0GCWCGSAFlAwQCAQUAoRwwGgYJKoZIhvcNAQEIMA0GCWCGSAFlAwQCAQUAogMCASAE
    ggSpMIIEpQIBAAKCAQEAyVbjPigQw5ppd+AZPwd6WwxVKGBsIvcXP/XITUmY0h0XVfWRMiTWmdHzijr8ZgS1ElDLzWv/5ujcIXvU
    RQwYXnRObVmjLsMwL2veO9xrzD8eMa4JXDGME5lsSQq7thaN07EGFUVCRxrP9Fuz7wlawHDyHKzAcy+1TtCzaHChrDsvSsJR1vMO
    LnNscWNEK+AZfc5FNKi4QBD/up/D7wyE7uNHbAvgZTrgPv1lz2MFEHXVH8WstGCeymuzkW0885H1jttWrlg8OZghnZJhCU7iiDc2
    6eNTyZdq9oTTspluvoLDZ/+hyZ3Aou2pZLEmBA38qugP88qSHjMX568KkgRvQwIDAQABAoIBAFLWYOCt81fHLCWaGkkIdpsHU/Is
    2dD5AKPcJ/FEmo+4UGWZh4euCG15KE5zPm1q+mTywSdfjAYhQJC2NfvCojQafjoXa0BOJoEcTG8snV2HipC+HjPEXvGhaiATPnAI
    j4nNh8cwm7hNm8naAQoUOzZ6QeLyYKwDsQEgdPA/hwUpCPNha0/KZMfCU7vW5doB8NlHtqPfeQKIM4sSvPsEA7QqfNwKhAmS+nTP
    +OfzuiM55+2pAkFv4YElGZ7bftEFg5arSmY94lDm2IwjU+gsxqSCC9ssC+tM4J1O9klEGGAychu3RyFFEA49MSCnsCbFs2mDrflB
    BHokquc3lL+/SKECgYEA+kXxf9sj5h/K0Jrh2jRFVfCah5goyC/Z6zV6phks45W1cSJMlIu1BEXfDjVTXp3WMsU8c5eIQVw+zjnA
    6ED8h+alA7wzi7KjO4h8M3aI7cWbmKXFinAIX1cE4bOT8Weq5eP21v4a533wGiLEE9M9r20pGDWikrHichz+Sz2BIX8CgYEAzfJM
    ckVt+BKKbBSvp0C2HivJce2PRZsCC5CEK97AKOxHiZbiMi07ifIbl3DtL4PdUO+fhCGSbBRfwhnCwlS9kFPz7ksepV+jzhdAoqjo
    OODBNiknZzl/vd1A8i8TwNIgVzXKGpQZ+3tgE6oMz9KAExGMxIDo3UCOHyp7UI8SjD0CgYEA32CaIiH3sqfhn7r9poJM+F2drzSS
    Acsj15mN9L43oJG4tleEvnjLghrS8Z2K4cJCsmH0iL9RL/UjYXGOyj1mp+2mjuTlpOQ2aSZypIRBxuc+70nWPK+t6VqD0uczPp3m
    nPWRFWcLoF55dPpew8shHXhy21bT2dbHZE6YcZNdtAUCgYEAnYFz6ekjo5g6eVKQzG93WTfPxuwSqP9V3xZVn1+qwyGBzL6ynAFw
    CZ46b+YT4EUPXDkHXHx4iWRDoCUniIxatike495bv8qXcqTh8AUSJX3vBscOtamKAuFWLGLIzq1lwo0G1rDx9h1za1agmci53tuL
    NzYH4j7e8wMAcKobW1kCgYEA7GBL54+ORIAH9GAxR5376DIb4ciAa/wGSYdaE1cJYHBxpdsnd0Rcakjdx5qQAr8YQDDlgRW0isOc
    gyjZyRErZgAuT2yV6xoV4lVOSMS2oD4qOms3QH7XFdAl5H43sw5ClVN8xc0clhRfQSaKjVmHJ8DLO+auA4l/dlb8MHyBQKc=
    """)

  /// An ECPrivateKey that names P-256.
  static let p256SEC1 = base64(
    """
    MHcCAQEEINB94P00n4wUbvHBdu/9ukNhYeBo7TzIqnGM54NtLnl3oAoGCCqGSM49AwEHoUQDQgAE0hrFDV4jWd89BbSEVPUEVJ8r
    bFu9PWZHW0srouYEE2U30V7uhBED4hqepxCPcB5nT8WMQxMev/8zkkEF4in0mw==
    """)

  /// The same key as PKCS#8.
  static let p256PKCS8 = base64(
    """
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg0H3g/TSfjBRu8cF27/26Q2Fh4GjtPMiqcYzng20ueXehRANCAATS
    GsUNXiNZ3z0FtIRU9QRUnytsW709ZkdbSyui5gQTZTfRXu6EEQPiGp6nEI9wHmdPxYxDEx6//zOSQQXiKfSb
    """)

  /// Its public half.
  static let p256SPKI = base64(
    """
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE0hrFDV4jWd89BbSEVPUEVJ8rbFu9PWZHW0srouYEE2U30V7uhBED4hqepxCPcB5n
    T8WMQxMev/8zkkEF4in0mw==
    """)

  /// Its public half, the point compressed.
  static let p256CompressedSPKI = base64(
    """
    MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgAD0hrFDV4jWd89BbSEVPUEVJ8rbFu9PWZHW0srouYEE2U=
    """)

  /// An Ed25519 key.
  static let ed25519PKCS8 = base64(
    """
    MC4CAQAwBQYDK2VwBCIEIP+4bIiVSdGUHFjP0hW7CanX5sU7juflfeGSvLwJ2zeN
    """)

  /// A key on brainpoolP256r1, whose size is that of P-256.
  static let brainpoolPKCS8 = base64(
    """
    MIGIAgEAMBQGByqGSM49AgEGCSskAwMCCAEBBwRtMGsCAQEEIH7jC9M1Zkyc2J0tshan+gbSwHvJNva9JC/fQXJPr86soUQDQgAE
    FdDS09LManjBFCi/+mNHkKDJPAI72AdZmVFpicgbaRmDeRYqlhN6+JlhDUuNBAO44/myv3C0MuitsB0pgrMeOQ==
    """)

  /// A key on secp256k1.
  static let secp256k1PKCS8 = base64(
    """
    MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgCO6SWjvvrMMlD60FQ+h20Qa7KcJ27vKyOUWqGwIlb/ehRANCAAT8UUx1
    g5MeuPJwHTeCAV63rA5Po41l0q2OVkEN6New4hc0V7Myt3Ytppo20RLfd9b1QQ0J/vuD2ihGteKSHwfm
    """)

  /// A key on P-256 that spells the curve out.
  static let explicitPKCS8 = base64(
    """
    MIIBeQIBADCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAAAAAAAAAAAAAA////////////////MFsE
    IP////8AAAABAAAAAAAAAAAAAAAA///////////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSdNgiG
    5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7L
    tkBoN79R9QIhAP////8AAAAA//////////+85vqtpxeehPO5ysL8YyVRAgEBBG0wawIBAQQgaq1k9QRgLR+XnZ8Q6u5XdUxYwThr
    j2dYdETNqoO2iUChRANCAASmlMe2M7IUAHanDSiHGh3Q5wvlAOHs3u59gkOo+Wf57K2lQzImZpgZzs8rGa04UKeyQkImL0zAl3QT
    JxiBMhsM
    """)

  /// `message` signed by `rsaPKCS1` with RSASSA-PKCS1-v1_5.
  static let signatureSHA256 = base64(
    """
    PGoeZJmCNtLUqDstoMuzmC0RIyQaAsu/ra21/qAEEEU0FgcQeoQIRJuNjUNW9W7SuhhEk6jT8GdCjmSCZOykY0DJH8SoncvwAzxY
    nw3sHcRzZqB1wMS08G4nbjz73DCjUutQDrPyrL1Z9pBJzQH1PslO6rYT1/P1DCNwztI7EBO6KlXAer4sf7G5URWncB/cOq/Fyn5Q
    xktEawd9BcWe3Gk/bYJdRSUAhHhoiy6FQTbt2iS+rQ+yuwxd0X+rkbaUCPCgSp1xR+stfOo+i+kUfJQiHrkcPFpIsyE9eCPAjPIj
    T5C+iAQhd8u6hulGPmUF9oxxx/L/b2lK7sLuA3zJBQ==
    """)

  static let signatureSHA224 = base64(
    """
    M7iAjPEy6cnanRLoWlSZIGZMLU782z1NGJRUduFyRQy/4b39FYUBvyiZtUeU2HF6xC2bnOSDV4LrTa3ZWNCnIhYq9WCGnMwUl3pA
    A05iw6OzJjw2xjaxHv3muZ0iu2MdsR264AYeeFKIP126MTx6UPhtuyDM0+nnATUIA+f2LCIE4BrCOg0xCQ+IpPz/kblYtpwbySa8
    T6ZRohB6AiNZm8+J9/LWX77zfdSpIuaWXD92zZI7LtG+7VpDhcDQlL5VRdne0xRmLzjlHBkRw4jV6COBFi6ybVNSP3b+xOivEZmM
    N5pKRtN9OWYEI673glnOJYg2Xqn5DlqyFEUv9d305A==
    """)

  static let signatureMD5 = base64(
    """
    Qlj6Jb0BCMywxPwqa4ilT7644E2NCCRmF0VnFO9LwSLz9zB4dxELO7DR9caL0Z3zG2aK+qd4Sa5eYkvB9i6zmu4THOP6QcIBvtjI
    gQnUcVxSrGALQHtw6O0qgo/oC1R7xDo/PR/r3EMIy8eY+Hb2+JB9Ns/CfuMi9dOHJHihNR2rdHDcX5xt4IwswGlPuPVbSlltaGZO
    GQEBHrZtnzGj9hFBntCeP2bNhLo7/URtZu2YVh1+ClgTbNOmH6zbMr0YCuWql1dRNBPUGwtPq+EdeTAHldnxnTT0NC2szxgxiROc
    jGsuvcRTXRMv+Adq4xALC3G73eHLJK3bIK6kGc6gSg==
    """)

  /// DigestInfo without NULL.
  static let signatureWithoutNull = base64(
    """
    s1tRNvjvqvFTIur8m0Jw9mqUcfJaGgk3qfBJil1Ewxif9vYTJ1gwzxeahwesrz2TFN60R56i5CU/QENfsXFxa1nQLrBFUcOJXdKe
    T89iKjiItRdCs/j8kNOTc8ETAheaFAH2A5ur2T5JxZ0+abucNFwzMql9F6GINPLwCr66W1onGPdoAyKuEjBlTESPXWFcRq56OXIU
    09UWxHUYoxtCHUbm8mafGC4rIixkftmvKCUL77kDiPmtKxVF27cCYzeRpc91t5k8QIyYiOBK2oreN4C5dI6pLq4p3oXFmwEBHO7k
    JH3AAPAk+gp7lwt/4La6bBp17Kpj2PTOAUJn8py1Bw==
    """)

  /// Eight octets of padding, DigestInfo, and then anything (Bleichenbacher 2006).
  static let signatureWithGarbage = base64(
    """
    aYhVHY9rpQrMa1sYii+0aY/8bWIYjLtv1JQ6DDlY2TafLCz6uesab/klcjjUHRzubkLLDvpdPFKLZFm6DgzkCrMfzaqXUfTEBtQF
    T0Lvcpw+AFLA5HSqLX77CEKgL3nB3uos1K9XYnI4hE3bPSc6CUgJLJTr2hjSIcSkCDulHK0QQY1brwbYOIbDRp1F7OIKxOQyHgxk
    RB5KN4WM5zUJ7F63MsmksM1KMIAG+D9PXnk68wSXRd9fzQOlhpMHVPPKWo3fOw5GBc2/J42EHs3JvwpRAI3lmXZqoiQu1FMCf2dl
    7IhCLGCYG/o1uqJlEtw+T4OGGjc4rIZHZLgxYKcovg==
    """)

  /// PSS with SHA-256, MGF1 with SHA-1 and a salt of 10.
  static let signaturePSS = base64(
    """
    wezHET0YFiAsGmKRL/xRP3Ixp3J+4VzOtX66s9IPs1ivE+ONcbXYxE6PxrtczgZ09DvSBokHzmqKgGJpuhUA9eZkQbo4VYrZkkVC
    dqBuYKe8r4p/A2icyxYauVRHR1y/eK7y0lsgWO+xlnnMw7eHOQpkGldSxxYp5b7AKjMdZdqpXBXBiKSxtMRx0WyeceYOWsiaQ76d
    6/TDP+QGQ2q4/Cek4MTwCsbo3mPcNFOzl3+Igv2sqaTyl8j9HCm0nkQLnY9cX+3N34oWTKaCFqtrSmfx60V7buaSjy4QCt3gsuFp
    6R1TtWiV+K52ot+vyfJlSaj36P3rInHqqwUNsBv9DQ==
    """)

  /// `p256PKCS8` under the password `sesame`.
  enum Encrypted {
    /// PBES2, PBKDF2-HMAC-SHA-256, AES-256-CBC.
    static let pbes2AES = base64(
      """
      MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjSNZSse+WmUgICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoE
      EFyP2e3Eh1WizqKX+qBJ9HMEgZAQOVR3HMEBcBTudobEo+zU4Od/2auMIfTS0cCtJEmeUsVhLm5pFVOyCMJcvYQVJVzYKbSi4dLk
      RALGCu1/NaZfAOixsjE+lHqHmc2g0BGPzKqnRbsWYh61ySrIVQ2P7iwoJdMSASPyYfoGDMCRtVK2+FHmmIetvtZR+vifAqyijmCK
      1auo43/EZ+3RlOE/Tzc=
      """)
    /// PBES2, PBKDF2-HMAC-SHA-1 by default, AES-128-CBC.
    static let pbes2SHA1 = base64(
      """
      MIHeMEkGCSqGSIb3DQEFDTA8MBsGCSqGSIb3DQEFDDAOBAiBcKmItL8wjwICCAAwHQYJYIZIAWUDBAECBBCENgnPyrh3Qs/pXAKD
      JAlvBIGQrzIv8DcLucLPu1uzENe0Oqr9tqiZ8DI9EmP2L2jvSKgeZtVwiAptfFxlkYh6w9HCVLshf1TwV0S4gpD9ebAv3NKkbdqG
      +7O8M59m5j0G7eLBS631GU+unKK5sECpbcU3ROSCE6ZhQejIcME5AR7pclpWTVZQDFKmixRb/P3VgJRbJr7xEJ04RCwX1E+nNGSc
      """)
    /// PBES2, 3DES.
    static let pbes2TripleDES = base64(
      """
      MIHjME4GCSqGSIb3DQEFDTBBMCkGCSqGSIb3DQEFDDAcBAjv+BAIcek8GwICCAAwDAYIKoZIhvcNAgkFADAUBggqhkiG9w0DBwQI
      vQb15HD53RMEgZCqZd5sMzo4Vf9XXYSwv6vxz2dHUjx5jz4ZP1cmxEUoHcyssjmjrJHPfU9J2PgBuX9GZqe3YPg3aeblUL09FiBF
      LIIxpoemQZmsx7P/7Rnm0dzM4Ddj05podOO/5/KBylysrr7s//gN/bK3w2CEZAtFmZooTGK30Js2yqrcB8LqWVPRC+H1JpPKydaE
      9/tj49A=
      """)
    /// PBES2, RC2, with a keyLength.
    static let pbes2RC2 = base64(
      """
      MIHrMFYGCSqGSIb3DQEFDTBJMCwGCSqGSIb3DQEFDDAfBAjGPM6yqmMhQwICCAACARAwDAYIKoZIhvcNAgkFADAZBggqhkiG9w0D
      AjANAgE6BAiKmRcyjiaGUgSBkDCsKiG1Y4bOS5IBcOm5qkT84xsvZm8xeWjD/prfnBsrIAA+1C2jSMTl832JdyYsmOU4Hgokk/Aw
      LWoLTCyceb7eZYgHhMIPWCjeSI6e6VOeyn8nbWITcgDtVO6/1wQOuHx+rNnEpd/xuzvvG0BTeHN5ntCicyB1ux1pHp+EnxxHRQhC
      ornHgiPUknjiU4JCOQ==
      """)
    /// PBES2, scrypt, AES-256-CBC.
    static let scrypt = base64(
      """
      MIHkME8GCSqGSIb3DQEFDTBCMCEGCSsGAQQB2kcECzAUBAhw1pnxHpj3xgICBAACAQgCAQEwHQYJYIZIAWUDBAEqBBAtvf4Mwtdw
      MktUA5SWVG+QBIGQSEXOa4hz5d1yJcD5vWc4eRT6nD4KPcVQXWzb9RMqwRcraHTt3ulZ7efDKTKxk6tnWnMmtYLV4s6wyZaBgHOg
      DpF4lW9U+imfF/CuahEXxK+lrpids3ChqwdcBFt6CZevzkLZReaLMaM5WwDAIcAawp7R9sapGsaFHQY4LouQXd8uhyl2D/2zpHPQ
      jkVxs/of
      """)
    /// PKCS#12's own: 3DES.
    static let pbeTripleDES = base64(
      """
      MIGxMBwGCiqGSIb3DQEMAQMwDgQI7g95tlN1x3UCAggABIGQ3jjxSrU1qTYAWbMVIDiJeZL1rct3YpB88W/b6j+znYCoiqzFe1og
      DfaZW7IaDeX5p0EEfxANWOrUFoYsA4AeZrY5fFvQWPVPzypJ1J4WecFjgYhb19ux2bMxkDV3OVZBygoILF/Y9b+Tadftxx2OUAwQ
      HVdIiKMXb+bxv++2Qt3eTDwF2BPSwjnbPdvALjrv
      """)
    /// RC2 with 128 bits.
    static let pbeRC2128 = base64(
      """
      MIGxMBwGCiqGSIb3DQEMAQUwDgQI3Oi88+4/b3cCAggABIGQfmtok3BnBwumL3V3aDMNIKgPEcsQ/mS/CkJOc9jZszqjpGQfap7d
      KjA/keZZ4KI6HYAKJG7fhwDmhrBTSWVO9sVeN+XiqYPSko+PnExvLGNUSRJs6OM7/zSRnS809u7Kjte2scoA5O72t8fvfCL1x2g8
      76UgTMM51OGHbWl/EsQwvG3oGjmmETJOQYV6+gVo
      """)
    /// RC2 with 40 bits.
    static let pbeRC240 = base64(
      """
      MIGxMBwGCiqGSIb3DQEMAQYwDgQIRW8QuxCS7toCAggABIGQyLWCmkuzW0mR7sUWcOfPW3PkPcBWEL0hpCdqrQlUNw9sfzmlBcwQ
      WFkGDt9hRf95PFpe80amMqskbiC/U9LG9ShCB48bvIjnyGFs9lSFZWEB6945lA1ptNHgjLRFotLU+2XWClgYd2MJ1TymPcJbT+hx
      l5toE3RB7DrDvFAITnwTTOfvsgmGATn1+Eljg66a
      """)
  }
}

func base64(_ text: String) -> [UInt8] {
  [UInt8](Data(base64Encoded: text, options: .ignoreUnknownCharacters) ?? Data())
}

/// The bytes that `text` spells in hexadecimal; blanks do not count.
func hex(_ text: String) -> [UInt8] {
  let digits = text.compactMap(\.hexDigitValue)
  return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
