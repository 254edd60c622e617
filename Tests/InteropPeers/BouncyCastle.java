import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import java.security.spec.MGF1ParameterSpec;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.cms.CMSAttributes;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cms.CMSAlgorithm;
import org.bouncycastle.cms.CMSAuthEnvelopedData;
import org.bouncycastle.cms.CMSAuthEnvelopedDataGenerator;
import org.bouncycastle.cms.CMSAuthenticatedData;
import org.bouncycastle.cms.CMSAuthenticatedDataGenerator;
import org.bouncycastle.cms.CMSCompressedData;
import org.bouncycastle.cms.CMSCompressedDataGenerator;
import org.bouncycastle.cms.CMSEnvelopedData;
import org.bouncycastle.cms.CMSEnvelopedDataGenerator;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.CMSTypedData;
import org.bouncycastle.cms.PasswordRecipientInformation;
import org.bouncycastle.cms.RecipientInfoGenerator;
import org.bouncycastle.cms.RecipientInformation;
import org.bouncycastle.cms.RecipientInformationStore;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.cms.jcajce.JceCMSContentEncryptorBuilder;
import org.bouncycastle.cms.jcajce.JceCMSMacCalculatorBuilder;
import org.bouncycastle.cms.jcajce.JceKeyAgreeAuthenticatedRecipient;
import org.bouncycastle.cms.jcajce.JceKeyAgreeEnvelopedRecipient;
import org.bouncycastle.cms.jcajce.JceKeyAgreeRecipientInfoGenerator;
import org.bouncycastle.cms.jcajce.JceKeyTransAuthEnvelopedRecipient;
import org.bouncycastle.cms.jcajce.JceKeyTransAuthenticatedRecipient;
import org.bouncycastle.cms.jcajce.JceKeyTransEnvelopedRecipient;
import org.bouncycastle.cms.jcajce.JceKeyTransRecipientInfoGenerator;
import org.bouncycastle.cms.jcajce.JcePasswordEnvelopedRecipient;
import org.bouncycastle.cms.jcajce.JcePasswordRecipientInfoGenerator;
import org.bouncycastle.cms.jcajce.ZlibCompressor;
import org.bouncycastle.cms.jcajce.ZlibExpanderProvider;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.DigestCalculatorProvider;
import org.bouncycastle.operator.MacCalculator;
import org.bouncycastle.operator.OutputAEADEncryptor;
import org.bouncycastle.operator.jcajce.JcaAlgorithmParametersConverter;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.util.Store;

/** Bouncy Castle at the other end of a pipe: a line of words between tabs is one task, the answer one line. */
public final class BouncyCastle {
  public static void main(String[] arguments) throws Exception {
    Security.addProvider(new BouncyCastleProvider());
    BufferedReader tasks = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
    System.out.println("ready " + Security.getProvider("BC").getVersionStr());
    for (String line = tasks.readLine(); line != null; line = tasks.readLine()) {
      try {
        run(line.split("\t", -1));
        System.out.println("done");
      } catch (Throwable problem) {
        System.out.println("failed: " + String.valueOf(problem).replace('\n', ' '));
      }
    }
  }

  private static void run(String[] words) throws Exception {
    switch (words[0]) {
      case "sign" -> sign(words[1], words[2], words[3], words[4].equals("attached"), words[5], words[6]);
      case "verify" -> verify(words[1], words[2], words[3]);
      case "encrypt" -> encrypt(words[1], words[2], words[3], words[4], words[5]);
      case "decrypt" -> decrypt(words[1], words[2], words[3], words[4]);
      case "password-encrypt" -> passwordEncrypt(words[1], words[2], words[3]);
      case "password-decrypt" -> passwordDecrypt(words[1], words[2], words[3]);
      case "authenticate" -> authenticate(words[1], words[2].equals("attributes"), words[3], words[4]);
      case "check" -> check(words[1], words[2], words[3], words[4]);
      case "compress" -> compress(words[1], words[2]);
      case "expand" -> expand(words[1], words[2]);
      default -> throw new IllegalArgumentException(words[0]);
    }
  }

  private static byte[] read(String path) throws Exception { return Files.readAllBytes(Path.of(path)); }

  private static void write(byte[] bytes, String path) throws Exception { Files.write(Path.of(path), bytes); }

  private static KeyStore store(String path, String password) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12", "BC");
    store.load(new ByteArrayInputStream(read(path)), password.toCharArray());
    return store;
  }

  private static String alias(KeyStore store) throws Exception {
    for (String alias : Collections.list(store.aliases())) {
      if (store.isKeyEntry(alias)) { return alias; }
    }
    throw new IllegalArgumentException("no key");
  }

  private static X509Certificate certificate(String path) throws Exception {
    return (X509Certificate) CertificateFactory.getInstance("X.509", "BC")
        .generateCertificate(new ByteArrayInputStream(read(path)));
  }

  private static void sign(
      String pkcs12, String password, String algorithm, boolean attached, String content, String object)
      throws Exception {
    KeyStore store = store(pkcs12, password);
    String alias = alias(store);
    PrivateKey key = (PrivateKey) store.getKey(alias, password.toCharArray());
    List<java.security.cert.Certificate> chain = Arrays.asList(store.getCertificateChain(alias));
    CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
    generator.addSignerInfoGenerator(
        new JcaSignerInfoGeneratorBuilder(digests())
            .build(
                new JcaContentSignerBuilder(algorithm).setProvider("BC").build(key), (X509Certificate) chain.get(0)));
    generator.addCertificates(new JcaCertStore(chain));
    write(generator.generate(new CMSProcessableByteArray(read(content)), attached).getEncoded(), object);
  }

  private static void verify(String root, String object, String content) throws Exception {
    CMSSignedData data =
        content.isEmpty()
            ? new CMSSignedData(read(object))
            : new CMSSignedData(new CMSProcessableByteArray(read(content)), read(object));
    Store<X509CertificateHolder> holders = data.getCertificates();
    List<X509Certificate> pool = new ArrayList<>();
    for (X509CertificateHolder holder : holders.getMatches(null)) {
      pool.add(new JcaX509CertificateConverter().setProvider("BC").getCertificate(holder));
    }
    if (data.getSignerInfos().size() == 0) { throw new IllegalStateException("no signer"); }
    for (SignerInformation signer : data.getSignerInfos()) {
      X509CertificateHolder holder = (X509CertificateHolder) holders.getMatches(signer.getSID()).iterator().next();
      X509Certificate leaf = new JcaX509CertificateConverter().setProvider("BC").getCertificate(holder);
      if (!signer.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(leaf))) {
        throw new IllegalStateException("bad signature");
      }
      X509CertSelector selector = new X509CertSelector();
      selector.setCertificate(leaf);
      PKIXBuilderParameters parameters =
          new PKIXBuilderParameters(Collections.singleton(new TrustAnchor(certificate(root), null)), selector);
      parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(pool)));
      parameters.setRevocationEnabled(false);
      CertPathBuilder.getInstance("PKIX", "BC").build(parameters);
    }
  }

  private static RecipientInfoGenerator recipientInfo(X509Certificate certificate, String transport)
      throws Exception {
    if (certificate.getPublicKey() instanceof RSAPublicKey && transport.equals("oaep")) {
      AlgorithmIdentifier oaep =
          new JcaAlgorithmParametersConverter()
              .getAlgorithmIdentifier(
                  new ASN1ObjectIdentifier("1.2.840.113549.1.1.7"),
                  new OAEPParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, PSource.PSpecified.DEFAULT));
      return new JceKeyTransRecipientInfoGenerator(certificate, oaep).setProvider("BC");
    }
    if (certificate.getPublicKey() instanceof RSAPublicKey) {
      return new JceKeyTransRecipientInfoGenerator(certificate).setProvider("BC");
    }
    java.security.KeyPairGenerator maker = java.security.KeyPairGenerator.getInstance("EC", "BC");
    maker.initialize(((java.security.interfaces.ECPublicKey) certificate.getPublicKey()).getParams());
    java.security.KeyPair pair = maker.generateKeyPair();
    return new JceKeyAgreeRecipientInfoGenerator(
            CMSAlgorithm.ECDH_SHA256KDF, pair.getPrivate(), pair.getPublic(), CMSAlgorithm.AES256_WRAP)
        .addRecipient(certificate)
        .setProvider("BC");
  }

  private static void encrypt(String recipient, String transport, String cipher, String content, String object)
      throws Exception {
    RecipientInfoGenerator info = recipientInfo(certificate(recipient), transport);
    CMSTypedData data = new CMSProcessableByteArray(read(content));
    if (cipher.equals("gcm")) {
      CMSAuthEnvelopedDataGenerator generator = new CMSAuthEnvelopedDataGenerator();
      generator.addRecipientInfoGenerator(info);
      OutputAEADEncryptor encryptor =
          (OutputAEADEncryptor) new JceCMSContentEncryptorBuilder(CMSAlgorithm.AES256_GCM).setProvider("BC").build();
      write(generator.generate(data, encryptor).getEncoded(), object);
    } else {
      CMSEnvelopedDataGenerator generator = new CMSEnvelopedDataGenerator();
      generator.addRecipientInfoGenerator(info);
      write(
          generator
              .generate(data, new JceCMSContentEncryptorBuilder(CMSAlgorithm.AES256_CBC).setProvider("BC").build())
              .getEncoded(),
          object);
    }
  }

  private static void decrypt(String pkcs12, String password, String object, String content) throws Exception {
    KeyStore store = store(pkcs12, password);
    PrivateKey key = (PrivateKey) store.getKey(alias(store), password.toCharArray());
    byte[] bytes = read(object);
    String type = org.bouncycastle.asn1.cms.ContentInfo.getInstance(bytes).getContentType().getId();
    boolean authenticated = type.equals("1.2.840.113549.1.9.16.1.23");
    RecipientInformationStore infos =
        authenticated
            ? new CMSAuthEnvelopedData(bytes).getRecipientInfos()
            : new CMSEnvelopedData(bytes).getRecipientInfos();
    RecipientInformation info = infos.getRecipients().iterator().next();
    byte[] found;
    if (key.getAlgorithm().equals("RSA")) {
      found =
          authenticated
              ? info.getContent(new JceKeyTransAuthEnvelopedRecipient(key).setProvider("BC"))
              : info.getContent(new JceKeyTransEnvelopedRecipient(key).setProvider("BC"));
    } else {
      found = info.getContent(new JceKeyAgreeEnvelopedRecipient(key).setProvider("BC"));
    }
    write(found, content);
  }

  /** AuthenticatedData by HMAC with SHA-256, over the content or over attributes. */
  private static void authenticate(String recipient, boolean attributes, String content, String object)
      throws Exception {
    CMSAuthenticatedDataGenerator generator = new CMSAuthenticatedDataGenerator();
    generator.addRecipientInfoGenerator(recipientInfo(certificate(recipient), "v15"));
    MacCalculator mac =
        new JceCMSMacCalculatorBuilder(new ASN1ObjectIdentifier("1.2.840.113549.2.9")).setProvider("BC").build();
    CMSTypedData data = new CMSProcessableByteArray(read(content));
    AlgorithmIdentifier sha256 = new AlgorithmIdentifier(new ASN1ObjectIdentifier("2.16.840.1.101.3.4.2.1"));
    CMSAuthenticatedData made =
        attributes ? generator.generate(data, mac, digests().get(sha256)) : generator.generate(data, mac);
    write(made.getEncoded(), object);
  }

  private static void check(String pkcs12, String password, String object, String content) throws Exception {
    KeyStore store = store(pkcs12, password);
    PrivateKey key = (PrivateKey) store.getKey(alias(store), password.toCharArray());
    CMSAuthenticatedData data = new CMSAuthenticatedData(read(object), digests());
    RecipientInformation info = data.getRecipientInfos().getRecipients().iterator().next();
    byte[] found =
        info.getContent(
            key.getAlgorithm().equals("RSA")
                ? new JceKeyTransAuthenticatedRecipient(key).setProvider("BC")
                : new JceKeyAgreeAuthenticatedRecipient(key).setProvider("BC"));
    if (!Arrays.equals(info.getMac(), data.getMac())) { throw new IllegalStateException("another code"); }
    if (data.getAuthAttrs() != null) {
      byte[] said =
          ASN1OctetString.getInstance(data.getAuthAttrs().get(CMSAttributes.messageDigest).getAttributeValues()[0])
              .getOctets();
      if (!Arrays.equals(said, info.getContentDigest())) { throw new IllegalStateException("other content"); }
    }
    write(found, content);
  }

  private static DigestCalculatorProvider digests() throws Exception {
    return new JcaDigestCalculatorProviderBuilder().setProvider("BC").build();
  }

  private static void passwordEncrypt(String password, String content, String object) throws Exception {
    CMSEnvelopedDataGenerator generator = new CMSEnvelopedDataGenerator();
    generator.addRecipientInfoGenerator(
        new JcePasswordRecipientInfoGenerator(CMSAlgorithm.AES256_CBC, password.toCharArray()).setProvider("BC"));
    write(
        generator
            .generate(
                new CMSProcessableByteArray(read(content)),
                new JceCMSContentEncryptorBuilder(CMSAlgorithm.AES256_CBC).setProvider("BC").build())
            .getEncoded(),
        object);
  }

  private static void passwordDecrypt(String password, String object, String content) throws Exception {
    PasswordRecipientInformation info =
        (PasswordRecipientInformation)
            new CMSEnvelopedData(read(object)).getRecipientInfos().getRecipients().iterator().next();
    write(info.getContent(new JcePasswordEnvelopedRecipient(password.toCharArray()).setProvider("BC")), content);
  }

  private static void compress(String content, String object) throws Exception {
    write(
        new CMSCompressedDataGenerator()
            .generate(new CMSProcessableByteArray(read(content)), new ZlibCompressor())
            .getEncoded(),
        object);
  }

  private static void expand(String object, String content) throws Exception {
    write(new CMSCompressedData(read(object)).getContent(new ZlibExpanderProvider()), content);
  }
}
