import ByteIO
import Foundation
import PKIX
import SMIMECrypto
import Testing

@testable import CMS

/// The examples of RFC 8551, with Bob's key of RFC 4134 §2.
@Suite struct `RFC 8551 examples` {
  static func bytes(_ base64: String) throws -> [UInt8] {
    [UInt8](try #require(Data(base64Encoded: base64, options: .ignoreUnknownCharacters)))
  }

  private func bob() throws -> Identity {
    try Identity(
      certificate: Certificate(der: Self.bytes(Self.bobCertificate)[...]),
      privateKey: PrivateKey(pkcs8: Self.bytes(Self.bobKey)[...]))
  }

  /// aes-ICVlen is absent, which means 12, and the mac has 16 octets: all of them are verified. Bob's key has 1024 bits.
  @Test func `§3.4 authEnveloped-data opens`() async throws {
    let object = try Self.bytes(Self.authEnveloped)
    let reader = try EnvelopedDataReader(BufferSource(object))
    #expect(reader.recipients.flatMap(\.descriptions) == ["serial 46346bc7800056bc11d36e2ecd5d71d0 of CN=CarlRSA"])
    let sink = BufferSink()
    let refusal = await #expect(throws: Unsupported.self) { try await reader.decrypt(with: [bob()], to: sink) }
    #expect(refusal?.isOutdated == true && refusal?.what.hasSuffix("RSA 1024") == true && sink.bytes.isEmpty)
    #expect(refusal?.path == "AuthEnvelopedData.recipientInfos[0].ktri")
    let content = try await reader.decrypt(with: [bob()], to: sink, policy: .legacy)
    #expect(content.isAuthenticated)
    #expect(String(decoding: sink.bytes, as: UTF8.self).contains("=A1Hola Michael!"))
    for index in [object.count - 1, object.count - 3, object.count - 4, object.count - 15, object.count - 200] {
      var altered = object
      altered[index] ^= 1
      await #expect(throws: DecryptionFailed.self) {
        try await EnvelopedDataReader(BufferSource(altered)).decrypt(with: [bob()], to: NullSink(), policy: .legacy)
      }
    }
  }

  @Test func `§3.3 enveloped-data is 3DES: opened under the legacy policy only`() async throws {
    let reader = try EnvelopedDataReader(BufferSource(try Self.bytes(Self.enveloped)))
    let sink = BufferSink()
    await #expect(throws: Unsupported.self) { try await reader.decrypt(with: [bob()], to: sink) }
    #if OpenSSL
      _ = try await reader.decrypt(with: [bob()], to: sink, policy: .legacy)
      #expect(String(decoding: sink.bytes, as: UTF8.self) == "This is some sample content.")
    #endif
  }

  /// The RFC's own multipart/signed has version 2 where RFC 5652 §5.3 wants 1, and no contentType.
  @Test func `§3.5.3.2 is malformed`() throws {
    let data = try SignedDataReader(BufferSource(try Self.bytes(Self.signature))).read(
      detached: BufferSource(Array("This is some sample content.\r\n".utf8)))
    let signer = try #require(try data.signerInfos.first?.get())
    #expect(signer.contentType == nil)
    guard case .malformed(let fault)? = signer.objection(in: data) else {
      Issue.record("no objection")
      return
    }
    #expect(fault.path == "SignedData.signerInfos[0].version")
  }

  private static let authEnveloped = """
    MIIDWQYLKoZIhvcNAQkQARegggNIMIIDRAIBADGBvjCBuwIBADAmMBIxEDAOBgNVBAMTB0NhcmxSU0ECEEY0a8eAAFa8EdNuLs1dcdAwCwYJKoZI
    hvcNAQEBBIGAgyZJo0ERTxA4xdTri5P5tVMyh0RARepTUCORZvlUbcUlaI8IpJZH3/J1Fv6MxTRS4O/K+ZcTlQmYeWLQvwdltQdOIP3mhpqXzTnO
    YhTK1IDtF2zx75LgvE+ilpcLIzXfJB4RCBPtBWaHAof4Wb+VMQvLkk9OolX4mRSH1LPktgAwggJqBgkqhkiG9w0BBwEwGwYJYIZIAWUDBAEGMA4E
    DGPizioC9OHSsnNx4oCCAj7YCb8rOy8+55106newEJohC/aDgWbJhrMKzSOwa7JraXOV3HXD3NvKbl665dRxvmDwSCNaLCRU5q8/AxQx2SvnAbM+
    JKcEfC/VFdd4SiHNiUECAApLku2rMi5BWrhW/FXmx9d+cjum2BRwB3wj0q1wajdB0/kVRbQwg697dnlYyUog4vpJERjr7KAkawZx1RMHaM18wgZj
    UNpCBXFS3chQi9mTBp2i2Hf5iZ8OOtTx+rCQUmI6Jhy03vdcPCCARBjn3v0d3upZYDZddMA41CB9fKnnWFjadV1KpYwv80tqsEfxVo0lJQ5VtJ8M
    HJiBpLVKadRIZ4iH2ULC0JtN5mXE1SrFKh7cqbJ4+7nqSRL3oBTud3rX41DGshOjpqcYHT4sqYlgZkc6dp0g1+hF1p3cGmjHdpysV2NVSUevghHb
    vSqhIsXFzRSWKiZOigmlkv3R5LnjpYyP4brM62Jl7y0qborvV4dNMz7mD+5YxSlH0KAe8z6TT3LHuQdN7QCkFoiUSCaNhpAFaakkGIpqcqLhpOK4
    lXxtkptCG93eUwNCcTxtx6bXufPR5TUHohvZvfeqMp42kL37FJC/A8ZHoOxXy8+XX5QYxCQNuofWlvnIWv0Nr8w65x6lgVjPYmd/cHwzQKBTBMXN
    6pBud/PZL5zFtw3QHlQkBR+UflMWZKeN9L0KdQ27mQlCo5gQS85aifxoiiA2v9+0hxZw91rPIW4D+GS7oMMoKj8ZNyCJJsyf5smRZ+WxeBoolb3+
    TiGcBBCsRnfe6noLZiFO6Zeu2ZwE
    """

  private static let enveloped = """
    MIIBHgYJKoZIhvcNAQcDoIIBDzCCAQsCAQAxgcAwgb0CAQAwJjASMRAwDgYDVQQDEwdDYXJsUlNBAhBGNGvHgABWvBHTbi7NXXHQMA0GCSqGSIb3
    DQEBAQUABIGAC3EN5nGIiJi2lsGPcP2iJ97a4e8kbKQz36zg6Z2i0yx6zYC4mZ7mX7FBs3IWg+f6KgCLx3M1eCbWx8+MDFbbpXadCDgO8/nUkUNY
    eNxJtuzubGgzoyEd8Ch4H/dd9gdzTd+taTEgS0ipdSJuNnkVY4/M652jKKHRLFf02hosdR8wQwYJKoZIhvcNAQcBMBQGCCqGSIb3DQMHBAgtaMXp
    RwZRNYAgDsiSf8Z9P43LrY4OxUk660cu1lXeCSFOSOpOJ7FuVyU=
    """

  private static let signature = """
    MIIBJgYJKoZIhvcNAQcCoIIBFzCCARMCAQExADALBgkqhkiG9w0BBwExgf4wgfsCAQIwJjASMRAwDgYDVQQDEwdDYXJsUlNBAhBGNGvHgABWvBHT
    bi7EELOwMAsGCWCGSAFlAwQCAaAxMC8GCSqGSIb3DQEJBDEiBCCxwpZGNZzTSsugsn+flEidzQK4mf/ozKqfmbxhcIkKqjALBgkqhkiG9w0BAQsE
    gYB0XJV7fjPa5Nuhoth5msDfP8A5urYUMjhNpWgXG8ae3XpppqVrPi2nVO41onHnkByjkeD/wc31A9WH8MzFQgSTsrJ65JvffTTXkOpRPxsSHn3w
    JFwP/atWHkh8YK/jR9bULhUlMv5jQEDiwVX5DRasxu6Ld8zv9u5/TsdBNiufGw==
    """

  private static let bobCertificate = """
    MIICJzCCAZCgAwIBAgIQRjRrx4AAVrwR024uzV1x0DANBgkqhkiG9w0BAQUFADASMRAwDgYDVQQDEwdDYXJsUlNBMB4XDTk5MDkxOTAxMDkwMloX
    DTM5MTIzMTIzNTk1OVowETEPMA0GA1UEAxMGQm9iUlNBMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCp4WeYPznVX/Kgk0FepnmJhcg1XZqR
    W/sdAdoZcCYXD72lItA1hW16mGYUQVzPt7cIOwnJkbgZaTdt+WUee9mpMySjfzu7r0YBhjY0MssHA1lS/IWLMQS4zBgIFEjmTxz7XWDE4FwfU9N/
    U9hpAfEF+Hpw0b6Dxl84zxwsqmqn6wIDAQABo38wfTAMBgNVHRMBAf8EAjAAMA4GA1UdDwEB/wQEAwIFIDAfBgNVHSMEGDAWgBTp4JAnrHggeprT
    TPJCN04irp44uzAdBgNVHQ4EFgQU6PS4Z9izlqQq8xGqKdOVWoYWtCQwHQYDVR0RBBYwFIESQm9iUlNBQGV4YW1wbGUuY29tMA0GCSqGSIb3DQEB
    BQUAA4GBAHuOZsXxED8QIEyIcat7QGshM/pKld6dDltrlCEFwPLhfirNnJOIh/uLt359QWHh5NZt+eIEVWFFvGQnRMChvVl52R1kPCHWRbBdaDOS
    6qzxV+WBfZjmNZGjOd539OgcOyncf1EHl/M28FAK3Zvetl44ESv7V+qJba3JiNiPzyvT
    """

  private static let bobKey = """
    MIIChQIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBAKnhZ5g/OdVf8qCTQV6meYmFyDVdmpFb+x0B2hlwJhcPvaUi0DWFbXqYZhRBXM+3
    twg7CcmRuBlpN235ZR572akzJKN/O7uvRgGGNjQyywcDWVL8hYsxBLjMGAgUSOZPHPtdYMTgXB9T039T2GkB8QX4enDRvoPGXzjPHCyqaqfrAgMB
    AAECgYBnzUhMmg2PmMIbZf8ig5xt8KYGHbztpwOIlPIcaw+LNd4Ogngwy+e6alatd8brUXlweQqg9P5F4Kmy9Bnah5jWMIR05PxZbMHGd9ypkdB8
    MKCixQheIXFD/A0HPfD6bRSeTmPwF1h5HEuYHD09sBvf+iU7o8AsmAX2EAnYh9sDGQJBANDDIsbeopkYdo+NvKZ11mY/1I1FUox29XLE6/BGmvE+
    XKpVC5va3Wtt+Pw7PAhDk7Vb/s7q/WiEI2Kv8zHCueUCQQDQUfweIrdb7bWOAcjXq/JY1PeClPNTqBlFy2bKKBlf4hAr84/sajB0+E0R9KfEILVH
    IdxJAfkKICnwJAiEYH2PAkA0umTJSChXdNdVUN5qSO8bKlocSHseIVnDYDubl6nA7xhmqU5iUjiEzuUJiEiUacUgFJlaV/4jbOSnI3vQgLeFAkEA
    ni+zN5r7CwZdV+EJBqRd2ZCWBgVfJAZAcpw6iIWchw+dYhKIFmioNRobQ+g4wJhprwMKSDIETukPj3d9NDAlBwJAVxhn1grStavCunrnVNqcBU+B
    1O8BiR4yPWnLMcRSyFRVJQA7HCp8JlDV6abXd8vPFfXuC9WN7rOvTKF8Y0ZB9qANMAsGA1UdDzEEAwIAEA==
    """
}
