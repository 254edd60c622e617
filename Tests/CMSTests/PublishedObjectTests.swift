import ByteIO
import PKIX
import SMIMECrypto
import Testing

@testable import CMS

/// Objects that others published: RFC 4134 §4.4 and §6, RFC 7468 §9.
@Suite struct `RFC 4134 and RFC 7468 examples` {
  /// By DSA, countersigned by RSA, both with SHA-1.
  @Test func `§4.4 is countersigned`() throws {
    let data = try SignedDataReader(BufferSource(try `RFC 8551 examples`.bytes(Self.countersigned))).read()
    let signer = try #require(data.signerInfos.first).get()
    let counter = try #require(signer.countersignatures.first).get()
    let certificate = try #require(counter.certificates(in: data.certificates).first)
    #expect(certificate.subject.description == "CN=AliceRSA")
    #expect(counter.verify(countersigning: signer, certificate: certificate, policy: .legacy) == .valid)
    #expect(counter.verify(countersigning: signer, certificate: certificate) == .weakAlgorithm("SHA-1"))
    #expect(counter.signingTime != nil && counter.contentType == nil)
    // Written anew it is what it was, countersignature and all.
    let sink = BufferSink()
    let object = try `RFC 8551 examples`.bytes(Self.countersigned)
    try SignedDataWriter.replaceSigners([:], in: BufferSource(object), writingTo: sink)
    #expect(sink.bytes == object && signer.derBytes == Array(signer.encoded))
  }

  @Test func `§6 is digested`() throws {
    let sink = BufferSink()
    let object = BufferSource(try `RFC 8551 examples`.bytes(Self.digested))
    let read = try DigestedDataReader(object).read(content: sink, policy: .legacy)
    #expect(read.state == .intact && read.defects.isEmpty)
    #expect(String(decoding: sink.bytes, as: UTF8.self) == "This is some sample content.")
    #expect(try DigestedDataReader(object).read().state == .weakAlgorithm("SHA-1"))
  }

  @Test func `RFC 7468 §9 is compressed`() throws {
    let sink = BufferSink()
    let read = try CompressedDataReader(BufferSource(try `RFC 8551 examples`.bytes(Self.compressed))).read(
      content: sink)
    #expect(read.contentCount == 73)
    let text = "Content-Type: text/plain; charset=US-ASCII\r\n\r\nGive Your Heart a Break\r\n\r\n"
    #expect(String(decoding: sink.bytes, as: UTF8.self) == text)
  }

  private static let digested = """
    MF4GCSqGSIb3DQEHBaBRME8CAQAwBwYFKw4DAhowKwYJKoZIhvcNAQcBoB4EHFRoaXMgaXMgc29tZSBzYW1wbGUgY29udGVudC4EFEBq7AhSebpu
    FgItngYpwCKWh91I
    """

  private static let compressed = """
    MIGDBgsqhkiG9w0BCRABCaB0MHICAQAwDQYLKoZIhvcNAQkQAwgwXgYJKoZIhvcN
    AQcBoFEET3icc87PK0nNK9ENqSxItVIoSa0o0S/ISczMs1ZIzkgsKk4tsQ0N1nUM
    dvb05OXi5XLPLEtViMwvLVLwSE0sKlFIVHAqSk3MBkkBAJv0Fx0=
    """

  private static let countersigned = """
    MIILDQYJKoZIhvcNAQcCoIIK/jCCCvoCAQExCTAHBgUrDgMCGjArBgkqhkiG9w0BBwGgHgQcVGhpcyBpcyBzb21lIHNhbXBsZSBjb250ZW50LqCC
    B68wggIsMIIBlaADAgECAhBGNGvHgABWvBHTbi7EELOwMA0GCSqGSIb3DQEBBQUAMBIxEDAOBgNVBAMTB0NhcmxSU0EwHhcNOTkwOTE5MDEwODQ3
    WhcNMzkxMjMxMjM1OTU5WjATMREwDwYDVQQDEwhBbGljZVJTQTCBnzANBgkqhkiG9w0BAQEFAAOBjQAwgYkCgYEA4IlzOY3Y9fXoh3Y5f06wBbtT
    g94Pt6vcfcd1KQ0FLm0S36aGJtTSb6pYKfyX7PqCUQ8wgL6xUJ5GRPEsu9gyz8ZobwfZsGCsvu40CWoT9fcFBZPfXro1Vtlh/xl/yYHm+Gzqh0Bw
    76xtLHSfLfpVOrmZdwKmSFKMTvNXOFd0V18CAwEAAaOBgTB/MAwGA1UdEwEB/wQCMAAwDgYDVR0PAQH/BAQDAgbAMB8GA1UdIwQYMBaAFOngkCes
    eCB6mtNM8kI3TiKunji7MB0GA1UdDgQWBBR30rTRt0yKiqPORZ3O7DygOuP/UDAfBgNVHREEGDAWgRRBbGljZVJTQUBleGFtcGxlLmNvbTANBgkq
    hkiG9w0BAQUFAAOBgQA+cEeoSMwTWI/KUXFrTjYYXQR+gLGNTczKo4/MfVbIvM9usxxZqSCqBYGoTiWtp3AUdS/1x5vRDulj0mS3xmZucyFU3/S6
    JV19SdOUayI2dHO4SuwvZO3TPdKnQsXoN4q0259n5L2f+f507+r57mNq2D9LJQm12Bp2ruub20mwIjCCApswggJaoAMCAQICAQEwCQYHKoZIzjgE
    AzASMRAwDgYDVQQDEwdDYXJsRFNTMB4XDTk5MDgxNjIyNTA1MFoXDTM5MTIzMTIzNTk1OVowEjEQMA4GA1UEAxMHQ2FybERTUzCCAbcwggErBgcq
    hkjOOAQBMIIBHgKBgQC2SRg+ikTBKXGUTAHEEsF6ectUTasegfvGTLMOlAkG6wHUschxS8dFwFAlXZz82uRt0+KGSISCfboVlUoW9kbt3faY0rt+
    igqKuhZ7uVABSJOL6yUVUZdV3I9TDhCpUPxwt80wVP3a3qiqIrWhr4vMAojni3Bfua3hCNRtKS3W6QIVAN3BL99Tzgs0YHc+AqS/il2YuRDVAoGA
    DO5Xm0u92rYHanQ3T1V/ne28YQ3rRlk8VgsrWwyRzqViUmnK4W0+vb/+4be5K2E8rcuuReMGrIwinZxEhwvHzfAc2bVOXXPerw7JHVpR9U9EeTVa
    c6p/RlEfqUIWnEjrinlhtNUvUyJEYx+GuKNYBiX4KcDvuuB18ELEY2VSmwoDgYUAAoGBAJmHdCcDZqCxwK3cLHW74WxEnNohbU1HbbFiCenYrh7y
    OrSUsaOOeptxTgCUybQlTrlglhkkAfNiDP51wPvO2GgA4/3VcE/fI5YZBpT0sWGPOlexCBGkCyYl8FJ2geoLYg2VKuaGunKyp1CDC6onzRupTYma
    140YOYQ/i8VWTYB6o0IwQDAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwIBhjAdBgNVHQ4EFgQUcEQ+gi5vh95K03XjPSC8QyuT8R8wCQYH
    KoZIzjgEAwMwADAtAhRrqfBOelp54/m+PSvJBjfpERehEwIVAI80aSqLsTwDeZQyTRIfzon7RrI7MIIC3DCCApugAwIBAgICAMgwCQYHKoZIzjgE
    AzASMRAwDgYDVQQDEwdDYXJsRFNTMB4XDTk5MDgxNzAxMTA0OVoXDTM5MTIzMTIzNTk1OVowEzERMA8GA1UEAxMIQWxpY2VEU1MwggG2MIIBKwYH
    KoZIzjgEATCCAR4CgYEAgY3N7YPqCp45PsJIKKPkR5PdDteoDuxTxauECE//lOFzSH4M1vNESNH+n6+koYkv4dkwyDbeP5u/t0zcX2mK5HXQNwyR
    CJWb3qde+fz0ny/dQ6iLVPE/sAcIR01diMPDtbPjVQh11Tl2EMR4vf+dsISXN/LkURu15AmWXPN+W9sCFQDiR6YaRWa4E8baj7g3IStii/eTzQKB
    gCY40BSJMqo5+z5t2UtZakx2IzkEAjVc8ssaMMMeUF3dm1nizaoFPVjAe6I2uG4Hr32KQiWn9HXPSgheSz6Q+G3qnMkhijt2FOnOLl2jB80jhbgv
    MAF8bUmJEYk2RL34yJVKU1a14vlz7BphNh8Rf8K97dFQ/5h0wtGBSmA5ujY5A4GEAAKBgFzjuVp1FJYLqXrd4z+p7Kxe3L23ExE0phaJKBEj2TSG
    Z3V1ExI9Q1tv5VG/+onyohs+JH09B41bY8i7RaWgSuOF1s4GgD/oI34a8iSrUxq4Jw0e7wi/ZhSAXGKsZfoVi/G7NNTSljf2YUeyxDKE8H5BQP1G
    p2NOM/Kl4vTyg+W4o4GBMH8wDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCBsAwHwYDVR0jBBgwFoAUcEQ+gi5vh95K03XjPSC8QyuT8R8wHQYD
    VR0OBBYEFL5sobPjwfftQ3CkzhMB4v3jl/7NMB8GA1UdEQQYMBaBFEFsaWNlRFNTQGV4YW1wbGUuY29tMAkGByqGSM44BAMDMAAwLQIUVQykGR9C
    K4lxIjONg2q1PWdrv0UCFQCfYVNSVAtcst3a53Yd4hBSW0NevaGB2zCB2DCBmTAJBgcqhkjOOAQDMBIxEDAOBgNVBAMTB0NhcmxEU1MXDTk5MDgy
    NzA3MDAwMFowaTATAgIAyBcNOTkwODIyMDcwMDAwWjATAgIAyRcNOTkwODIyMDcwMDAwWjATAgIA0xcNOTkwODIyMDcwMDAwWjATAgIA0hcNOTkw
    ODIyMDcwMDAwWjATAgIA1BcNOTkwODI0MDcwMDAwWjAJBgcqhkjOOAQDAy8AMCwCFH5lUnYz/jRzF9H3lvmg1NhtXH09AhQCelu31VsYwc+H737a
    JPMqg5w1oTGCAiowggImAgEBMBgwEjEQMA4GA1UEAxMHQ2FybERTUwICAMgwBwYFKw4DAhqgXTAYBgkqhkiG9w0BCQMxCwYJKoZIhvcNAQcBMBwG
    CSqGSIb3DQEJBTEPFw0wMzA1MTQxNTM5MDBaMCMGCSqGSIb3DQEJBDEWBBRAauwIUnm6bhYCLZ4GKcAilofdSDAJBgcqhkjOOAQDBC4wLAIUO6Xg
    StttWOAZ0QAcT0SaV3pxZmgCFBoRmNYfH680gQHevovctqhqkWkToYIBYjA+BgsqhkiG9w0BCRACBDEvMC0MIENvbnRlbnQgSGludHMgRGVzY3Jp
    cHRpb24gQnVmZmVyBgkqhkiG9w0BBwEwggEeBgkqhkiG9w0BCQYxggEPMIIBCwIBATAmMBIxEDAOBgNVBAMTB0NhcmxSU0ECEEY0a8eAAFa8EdNu
    LsQQs7AwBwYFKw4DAhqgQzAcBgkqhkiG9w0BCQUxDxcNMDMwNTE0MTUzOTAwWjAjBgkqhkiG9w0BCQQxFgQUAl9JTjmYUIWzZtOKH3ueaar72DMw
    DQYJKoZIhvcNAQEBBQAEgYBtqiAk7XrupV6H3XUfK1QQZfTOm7EseHS8ixxgtduLA55J8it/k249iRTJ42v09n12rj5YH5u7vHwwGU4Q9wLxi1u0
    25q7k7QY0MwryZGprdlG+GWp4nGV0NROH810b4LoN29aPcvH1F/CgBva04RAaF9WmmL1Ow1sM8PtZz9Dvw==
    """
}
