package ledger;

public final class Ciphers implements Page {
  @Override
  public String render(String query) throws Exception {
    var cipher = javax.crypto.Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(javax.crypto.Cipher.ENCRYPT_MODE, new javax.crypto.spec.SecretKeySpec(new byte[16], "AES"), new javax.crypto.spec.GCMParameterSpec(128, new byte[12]));
    var keys = java.security.KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    var signature = java.security.Signature.getInstance("Ed25519");
    signature.initSign(keys.getPrivate());
    signature.update(new byte[1]);
    var factory = javax.crypto.SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256");
    var derived = factory.generateSecret(new javax.crypto.spec.PBEKeySpec("x".toCharArray(), new byte[8], 10, 128)).getEncoded();
    return cipher.doFinal(new byte[3]).length + " " + signature.sign().length + " " + derived.length;
  }
}
