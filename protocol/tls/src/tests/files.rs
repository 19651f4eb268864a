//! Files as administrators have them. Those in `keys` were made with OpenSSL 3, the password is `airlock`.

use crate::{Identity, SetupError, read_certificates};

const CERTIFICATE: &[u8] = include_bytes!("keys/certificate.pem");
const PASSWORD: Option<&[u8]> = Some(b"airlock");

/// Files under a password: name, content, and whether it holds the certificate too.
const LOCKED: &[(&str, &[u8], bool)] = &[
    ("PBES2, AES-256", include_bytes!("keys/pbes2-aes256.pem"), false),
    ("PBES2, 3DES, HMAC-SHA-1", include_bytes!("keys/pbes2-3des-sha1.pem"), false),
    ("PBES2, scrypt", include_bytes!("keys/scrypt.pem"), false),
    ("PKCS #12's 3DES", include_bytes!("keys/pbe-sha1-3des.pem"), false),
    ("PBES1, MD5 and DES", include_bytes!("keys/pbe-md5-des.pem"), false),
    ("old PEM, AES-128", include_bytes!("keys/traditional-aes128.pem"), false),
    ("old PEM, 3DES", include_bytes!("keys/traditional-3des.pem"), false),
    ("PBES2 in DER", include_bytes!("keys/pbes2.der"), false),
    ("PKCS #12", include_bytes!("keys/modern.p12"), true),
    ("PKCS #12 with RC2-40", include_bytes!("keys/legacy.p12"), true),
];

/// Both name the same key: the endpoint takes it only if it belongs to the certificate.
fn accepted(identity: Identity) -> bool {
    use crate::Backend as _;
    crate::Rustls.server(super::server_profile(identity)).is_ok()
}

#[test]
fn each_way_of_locking_a_key_opens_with_its_password_only() {
    for (name, file, has_certificate) in LOCKED {
        let certificate = (!has_certificate).then_some(CERTIFICATE);
        let identity = Identity::read(certificate, file, PASSWORD);
        assert!(accepted(identity.unwrap_or_else(|why| panic!("{name}: {why}"))), "{name}");
        let wrong = Identity::read(certificate, file, Some(b"airlocks")).map(|_| ());
        assert!(matches!(wrong, Err(SetupError::WrongPassword)), "{name}: {wrong:?}");
        assert_eq!(Identity::read(certificate, file, None).map(|_| ()), Err(SetupError::PasswordNeeded), "{name}");
    }
}

#[test]
fn keys_without_a_password_are_read_as_pem_and_der() {
    for file in [include_bytes!("keys/plain.pem").as_slice(), include_bytes!("keys/sec1.der")] {
        assert!(accepted(Identity::read(Some(CERTIFICATE), file, None).unwrap()));
        // A password that is not needed does no harm.
        assert!(accepted(Identity::read(Some(CERTIFICATE), file, PASSWORD).unwrap()));
    }
}

#[test]
fn a_key_of_another_certificate_is_an_error_of_the_configuration() {
    use crate::Backend as _;
    let other = super::pki().server;
    let identity = Identity::read(Some(CERTIFICATE), other.key.as_bytes(), None).unwrap();
    let refused = crate::Rustls.server(super::server_profile(identity)).map(|_| ());
    assert_eq!(refused, Err(SetupError::KeyMismatch));
}

#[test]
fn certificates_are_read_from_pem_with_text_around_and_from_der() {
    let bundle = [b"Subject: somebody\n", CERTIFICATE, b"\n# next\n", CERTIFICATE].concat();
    assert_eq!(read_certificates(&bundle, "ca_cert").unwrap().len(), 2);
    let der = read_certificates(include_bytes!("keys/certificate.der"), "ca_cert").unwrap();
    assert_eq!(der, read_certificates(CERTIFICATE, "ca_cert").unwrap());
    assert_eq!(der[0].subject(), "/C=FI/O=Airlock/CN=key file test");
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_line() {
    let open_ended = b"text\n-----BEGIN CERTIFICATE-----\nAAAA\n";
    let why = read_certificates(open_ended, "ca_cert").unwrap_err();
    assert_eq!(why.to_string(), "the PEM block that starts in line 2 has no end");
    assert_eq!(read_certificates(b"hello", "ca_cert"), Err(SetupError::NoCertificate("ca_cert")));
    let no_key = Identity::read(Some(CERTIFICATE), CERTIFICATE, None).map(|_| ());
    assert_eq!(no_key, Err(SetupError::NoPrivateKey));
    let alone = Identity::read(None, include_bytes!("keys/plain.pem"), None).map(|_| ());
    assert!(matches!(alone, Err(SetupError::NoCertificate(_))));
}
