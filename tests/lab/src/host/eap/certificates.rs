//! Certificates of every kind, made by OpenSSL for one run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::{During as _, Failure, Outcome};

/// What keys and certificates in files are encrypted with.
pub(super) const KEY_PASSWORD: &str = "of the key";

/// What OpenSSL's authority is told. Serial numbers are random, dates are given with each certificate.
const AUTHORITY: &str = "\
[ca]
default_ca = here
[here]
dir = .
database = $dir/$ENV::NAME.index
new_certs_dir = $dir
rand_serial = yes
default_md = sha256
default_crl_days = 30
policy = anything
copy_extensions = none
unique_subject = no
crlnumber = $dir/crlnumber
crl_extensions = list
[anything]
commonName = supplied
organizationName = optional
[req]
distinguished_name = subject
prompt = no
[subject]
O = Airlock
CN = nobody
[list]
authorityKeyIdentifier = keyid
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign, digitalSignature
subjectKeyIdentifier = hash
[server]
basicConstraints = CA:false
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
subjectAltName = DNS:radius.example.com, DNS:radius2.example.com
[client]
basicConstraints = CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectAltName = email:alice@example.com
[responder]
basicConstraints = CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = OCSPSigning
";

/// The folder with all of it.
#[derive(Clone, Debug)]
pub(super) struct Certificates {
    folder: PathBuf,
}

/// Kinds of keys, as OpenSSL calls them.
const RSA: &[&str] = &["RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
const P256: &[&str] = &["EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
const P384: &[&str] = &["EC", "-pkeyopt", "ec_paramgen_curve:P-384"];
const ED25519: &[&str] = &["ED25519"];

impl Certificates {
    /// Makes all of them in this folder.
    pub(super) fn make(folder: &Path) -> Outcome<Certificates> {
        let made = Certificates { folder: folder.to_owned() };
        fs::write(folder.join("ca.cnf"), AUTHORITY)?;
        fs::write(folder.join("crlnumber"), "01\n")?;
        made.root("ca", RSA)?;
        made.root("other-ca", P256)?;
        made.key("middle", P256)?;
        made.issue("ca", "middle", "root", "Middle CA", 3650)?;
        fs::write(folder.join("middle.index"), "")?;
        for (name, kind) in [("server", RSA), ("server-p256", P256), ("server-p384", P384), ("server-ed25519", ED25519)]
        {
            made.key(name, kind)?;
            made.issue("ca", name, "server", "radius.example.com", 30)?;
        }
        for (name, kind) in [("client", RSA), ("client-p256", P256), ("client-p384", P384), ("client-ed25519", ED25519)]
        {
            made.key(name, kind)?;
            made.issue("ca", name, "client", "alice", 30)?;
        }
        for (name, issuer, extensions, subject) in [
            ("server-below", "middle", "server", "radius.example.com"),
            ("server-expired", "ca", "server", "radius.example.com"),
            ("server-revoked", "ca", "server", "radius.example.com"),
            ("server-other", "other-ca", "server", "radius.example.com"),
            ("server-as-client", "ca", "client", "radius.example.com"),
            ("client-below", "middle", "client", "alice"),
            ("client-expired", "ca", "client", "alice"),
            ("client-revoked", "ca", "client", "alice"),
            ("client-other", "other-ca", "client", "alice"),
            ("responder", "ca", "responder", "OCSP"),
        ] {
            made.key(name, P256)?;
            made.issue(issuer, name, extensions, subject, if name.ends_with("expired") { -1 } else { 30 })?;
        }
        for name in ["server-revoked", "client-revoked"] {
            made.authority("ca", &["-revoke", &format!("{name}.pem")])?;
        }
        made.authority("ca", &["-gencrl", "-out", "ca.crl"])?;
        for name in ["server", "client"] {
            let (one, middle) = (made.read(&format!("{name}-below.pem"))?, made.read("middle.pem")?);
            fs::write(folder.join(format!("{name}-chain.pem")), one + &middle)?;
        }
        fs::write(folder.join("ca-crl.pem"), made.read("ca.pem")? + &made.read("ca.crl")?)?;
        made.forms()?;
        for name in ["server", "server-revoked"] {
            made.ocsp(name)?;
        }
        Ok(made)
    }

    /// Where they are.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The SHA-256 of a certificate.
    pub(super) fn sha256(&self, name: &str) -> Outcome<String> {
        let said = self.openssl(&["x509", "-in", &format!("{name}.pem"), "-noout", "-fingerprint", "-sha256"])?;
        let digits = said.trim().rsplit('=').next().unwrap_or_default().replace(':', "");
        Ok(digits.to_ascii_lowercase())
    }

    fn read(&self, name: &str) -> Outcome<String> {
        fs::read_to_string(self.folder.join(name)).during(|| name.to_owned())
    }

    fn root(&self, name: &str, kind: &[&str]) -> Outcome {
        self.key(name, kind)?;
        fs::write(self.folder.join(format!("{name}.index")), "")?;
        let (key, out) = (format!("{name}.key"), format!("{name}.pem"));
        let subject = format!("/O=Airlock/CN={name}");
        self.openssl(&[
            "req",
            "-x509",
            "-config",
            "ca.cnf",
            "-extensions",
            "root",
            "-key",
            &key,
            "-subj",
            &subject,
            "-days",
            "3650",
            "-out",
            &out,
        ])?;
        Ok(())
    }

    fn key(&self, name: &str, kind: &[&str]) -> Outcome {
        let out = format!("{name}.key");
        let mut arguments = vec!["genpkey", "-out", &out, "-algorithm"];
        arguments.extend(kind);
        self.openssl(&arguments).map(|_| ())
    }

    /// Issues a certificate that is valid from ten days ago for so many days; one that is not any more if that is less than
    /// nothing.
    fn issue(&self, issuer: &str, name: &str, extensions: &str, subject: &str, days: i64) -> Outcome {
        let (key, request, out) = (format!("{name}.key"), format!("{name}.csr"), format!("{name}.pem"));
        let subject = format!("/O=Airlock/CN={subject}");
        self.openssl(&["req", "-new", "-config", "ca.cnf", "-key", &key, "-subj", &subject, "-out", &request])?;
        let (from, until) = (date(-10)?, date(days)?);
        self.authority(
            issuer,
            &[
                "-extensions",
                extensions,
                "-in",
                &request,
                "-out",
                &out,
                "-startdate",
                &from,
                "-enddate",
                &until,
                "-notext",
            ],
        )
    }

    fn authority(&self, issuer: &str, arguments: &[&str]) -> Outcome {
        let (key, certificate) = (format!("{issuer}.key"), format!("{issuer}.pem"));
        let mut all = vec!["ca", "-batch", "-config", "ca.cnf", "-keyfile", &key, "-cert", &certificate];
        all.extend(arguments);
        self.run(issuer, &all).map(|_| ())
    }

    /// Keys and certificates in the files that administrators have.
    fn forms(&self) -> Outcome {
        let password = format!("pass:{KEY_PASSWORD}");
        for name in ["client", "server"] {
            let (key, certificate) = (format!("{name}.key"), format!("{name}.pem"));
            let out = format!("{name}-encrypted.key");
            self.openssl(&["pkcs8", "-topk8", "-v2", "aes-256-cbc", "-in", &key, "-passout", &password, "-out", &out])?;
            let out = format!("{name}.p12");
            self.openssl(&[
                "pkcs12",
                "-export",
                "-inkey",
                &key,
                "-in",
                &certificate,
                "-passout",
                &password,
                "-out",
                &out,
            ])?;
            self.openssl(&[
                "pkcs8",
                "-topk8",
                "-nocrypt",
                "-in",
                &key,
                "-outform",
                "DER",
                "-out",
                &format!("{name}.der"),
            ])?;
        }
        Ok(())
    }

    /// The authority's response about a certificate, as a server staples it.
    fn ocsp(&self, name: &str) -> Outcome {
        let (certificate, out) = (format!("{name}.pem"), format!("{name}.ocsp"));
        let request = format!("{name}.ocspreq");
        self.openssl(&["ocsp", "-issuer", "ca.pem", "-cert", &certificate, "-no_nonce", "-reqout", &request])?;
        self.openssl(&[
            "ocsp",
            "-index",
            "ca.index",
            "-CA",
            "ca.pem",
            "-rsigner",
            "responder.pem",
            "-rkey",
            "responder.key",
            "-reqin",
            &request,
            "-respout",
            &out,
            "-ndays",
            "5",
        ])?;
        Ok(())
    }

    fn openssl(&self, arguments: &[&str]) -> Outcome<String> {
        self.run("ca", arguments)
    }

    fn run(&self, issuer: &str, arguments: &[&str]) -> Outcome<String> {
        let done = Command::new("openssl")
            .args(arguments)
            .current_dir(&self.folder)
            .env("NAME", issuer)
            .stdin(Stdio::null())
            .output()
            .during(|| "openssl".into())?;
        if done.status.success() {
            return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        Err(Failure::new(format!("openssl {}: {}", arguments.join(" "), said.trim())))
    }
}

/// So many days from now, as OpenSSL's authority has it.
fn date(days: i64) -> Outcome<String> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).during(|| "the clock".into())?;
    let then = i64::try_from(now.as_secs()).unwrap_or(i64::MAX).saturating_add(days.saturating_mul(86_400));
    let (day, second) = (then.div_euclid(86_400), then.rem_euclid(86_400));
    // Days since 1970 as a date of the Gregorian calendar, whose years begin with March for this.
    let from_march = day.saturating_add(719_468);
    let (era, of_era) = (from_march.div_euclid(146_097), from_march.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Ok(format!("{year:04}{month:02}{day:02}{:02}{:02}{:02}Z", second / 3600, second / 60 % 60, second % 60))
}
