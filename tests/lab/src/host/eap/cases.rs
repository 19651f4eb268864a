//! Certificates and keys of every kind, good and bad, and everything that a configuration demands of them: EAP-TLS.
//!
//! In what a program is told, a later line takes the place of an earlier one, and `name=-` takes it away.

use super::certificates::KEY_PASSWORD;
use super::judge::{Expected, Judge, Row};
use super::table::{METHODS, Tls};

struct Case {
    what: &'static str,
    judge: Judge,
    server: &'static str,
    client: &'static str,
    ours: &'static str,
    theirs: &'static str,
    expected: Expected,
}

const SUCCESS: Expected = Expected::Success { keys: true };

/// Our server, eapol_test as the station.
const STATION: Case = Case {
    what: "",
    judge: Judge::EapolTest,
    server: "server",
    client: "client",
    ours: "",
    theirs: "",
    expected: SUCCESS,
};
/// Our peer, hostapd as the server.
const HOSTAPD: Case = Case { judge: Judge::Hostapd, ..STATION };
/// Our peer, freeradius as the server.
const FREERADIUS: Case = Case { judge: Judge::Freeradius, ..STATION };

const ENCRYPTED: &str = "key=@/NAME-encrypted.key\nkey_password=KEY_PASSWORD";
const PKCS12: &str = "cert=-\nkey=@/NAME.p12\nkey_password=KEY_PASSWORD";
const DER: &str = "key=@/NAME.der";

const fn refused(case: Case, words: &'static str) -> Case {
    Case { expected: Expected::Refused(words), ..case }
}

#[rustfmt::skip]
const CASES: &[Case] = &[
    // Keys of the server and of the station.
    Case { what: "server P-256", server: "server-p256", ..STATION },
    Case { what: "server P-384", server: "server-p384", ..STATION },
    Case { what: "server Ed25519", server: "server-ed25519", ..STATION },
    Case { what: "client P-256", client: "client-p256", ..STATION },
    Case { what: "client P-384", client: "client-p384", ..STATION },
    Case { what: "client Ed25519", client: "client-ed25519", ..STATION },
    Case { what: "server P-256", server: "server-p256", ..HOSTAPD },
    Case { what: "server P-384", server: "server-p384", ..HOSTAPD },
    Case { what: "server Ed25519", server: "server-ed25519", ..HOSTAPD },
    Case { what: "client P-256", client: "client-p256", ..HOSTAPD },
    Case { what: "client P-384", client: "client-p384", ..HOSTAPD },
    Case { what: "client Ed25519", client: "client-ed25519", ..HOSTAPD },
    Case { what: "server P-256", server: "server-p256", ..FREERADIUS },
    Case { what: "server P-384", server: "server-p384", ..FREERADIUS },
    Case { what: "client P-256", client: "client-p256", ..FREERADIUS },
    Case { what: "client P-384", client: "client-p384", ..FREERADIUS },
    // Files.
    Case { what: "key PKCS #8 encrypted", ours: ENCRYPTED, ..STATION },
    Case { what: "key and certificate PKCS #12", ours: PKCS12, ..STATION },
    Case { what: "key DER", ours: DER, ..STATION },
    Case { what: "key PKCS #8 encrypted", ours: ENCRYPTED, ..HOSTAPD },
    Case { what: "key and certificate PKCS #12", ours: PKCS12, ..HOSTAPD },
    Case { what: "key DER", ours: DER, ..HOSTAPD },
    // Chains.
    Case { what: "server below a middle CA", server: "server-below", ours: "cert=@/server-chain.pem", ..STATION },
    refused(Case { what: "server without its middle CA", server: "server-below", ..STATION }, "unknown_ca"),
    Case { what: "client below a middle CA", client: "client-below", theirs: "client_cert=\"@/client-chain.pem\"", ..STATION },
    Case { what: "server below a middle CA", server: "server-below", theirs: "server_cert=@/server-chain.pem", ..HOSTAPD },
    refused(Case { what: "server without its middle CA", server: "server-below", ..HOSTAPD }, "which is none of the CA certificates"),
    Case { what: "client below a middle CA", client: "client-below", ours: "cert=@/client-chain.pem", ..HOSTAPD },
    Case { what: "client below a middle CA", client: "client-below", ours: "cert=@/client-chain.pem", ..FREERADIUS },
    // Servers that are not to be believed.
    refused(Case { what: "server expired", server: "server-expired", ..STATION }, "certificate has expired"),
    refused(Case { what: "server of another CA", server: "server-other", ..STATION }, "unknown_ca"),
    refused(Case { what: "server expired", server: "server-expired", ..HOSTAPD }, "expired on"),
    refused(Case { what: "server of another CA", server: "server-other", ..HOSTAPD }, "which is none of the CA certificates"),
    refused(Case { what: "server with a client's certificate", server: "server-as-client", ..HOSTAPD }, "not for this use"),
    refused(Case { what: "server expired", server: "server-expired", ..FREERADIUS }, "expired on"),
    // Stations that are not to be let in.
    refused(Case { what: "client expired", client: "client-expired", ..STATION }, "expired on"),
    refused(Case { what: "client of another CA", client: "client-other", ..STATION }, "which is none of the CA certificates"),
    refused(Case { what: "client revoked", client: "client-revoked", ours: "crl=@/ca.crl\ncheck_crl=1", ..STATION }, "is revoked"),
    Case { what: "client not on the list", ours: "crl=@/ca.crl\ncheck_crl=1", ..STATION },
    refused(Case { what: "client expired", client: "client-expired", ..HOSTAPD }, "the other side refuses"),
    refused(Case { what: "client of another CA", client: "client-other", ..HOSTAPD }, "the other side refuses"),
    refused(Case { what: "client expired", client: "client-expired", ..FREERADIUS }, "the other side refuses"),
    refused(Case { what: "client of another CA", client: "client-other", ..FREERADIUS }, "the other side refuses"),
    // Names.
    Case { what: "domain_match", theirs: "domain_match=\"radius2.example.com\"", ..STATION },
    refused(Case { what: "another domain_match", theirs: "domain_match=\"example.com\"", ..STATION }, "EAP authentication failed"),
    Case { what: "domain_suffix_match", theirs: "domain_suffix_match=\"example.com\"", ..STATION },
    refused(Case { what: "another domain_suffix_match", theirs: "domain_suffix_match=\"ample.com\"", ..STATION }, "EAP authentication failed"),
    Case { what: "altsubject_match", theirs: "altsubject_match=\"DNS:radius.example.com\"", ..STATION },
    Case { what: "subject_match", theirs: "subject_match=\"CN=radius.example.com\"", ..STATION },
    Case { what: "domain_match", ours: "domain_match=radius2.example.com", ..HOSTAPD },
    refused(Case { what: "another domain_match", ours: "domain_match=example.com", ..HOSTAPD }, "does not match domain_match=example.com"),
    Case { what: "domain_suffix_match", ours: "domain_suffix_match=example.com", ..HOSTAPD },
    refused(Case { what: "another domain_suffix_match", ours: "domain_suffix_match=ample.com", ..HOSTAPD }, "does not match domain_suffix_match"),
    Case { what: "altsubject_match", ours: "altsubject_match=DNS:radius.example.com", ..HOSTAPD },
    refused(Case { what: "another altsubject_match", ours: "altsubject_match=DNS:example.com", ..HOSTAPD }, "does not match altsubject_match"),
    Case { what: "subject_match", ours: "subject_match=CN=radius.example.com", ..HOSTAPD },
    refused(Case { what: "another subject_match", ours: "subject_match=CN=radius2", ..HOSTAPD }, "does not match subject_match"),
    // The server's certificate itself.
    Case { what: "hash://server/sha256", theirs: "ca_cert=\"hash://server/sha256/SERVER_HASH\"", ..STATION },
    Case { what: "hash://server/sha256", ours: "ca=hash://server/sha256/SERVER_HASH", ..HOSTAPD },
    refused(Case { what: "another hash://server/sha256", server: "server-p256", ours: "ca=hash://server/sha256/SERVER_HASH", ..HOSTAPD }, "has the SHA-256"),
    // Revoked servers.
    refused(Case { what: "server revoked", server: "server-revoked", ours: "crl=@/ca.crl\ncheck_crl=1", ..HOSTAPD }, "is revoked"),
    Case { what: "OCSP stapled", ours: "ocsp_response=@/server.ocsp", theirs: "ocsp=2", ..STATION },
    refused(Case { what: "OCSP stapled, revoked", server: "server-revoked", ours: "ocsp_response=@/server-revoked.ocsp", theirs: "ocsp=2", ..STATION }, "EAP authentication failed"),
    refused(Case { what: "OCSP wanted and not there", theirs: "ocsp=2", ..STATION }, "EAP authentication failed"),
    Case { what: "OCSP stapled", ours: "ocsp=2", theirs: "ocsp_stapling_response=@/server.ocsp", ..HOSTAPD },
    refused(Case { what: "OCSP stapled, revoked", server: "server-revoked", ours: "ocsp=2", theirs: "ocsp_stapling_response=@/server-revoked.ocsp", ..HOSTAPD }, "is revoked, says the"),
    refused(Case { what: "OCSP wanted and not there", ours: "ocsp=2", ..HOSTAPD }, "the stapled OCSP response"),
];

/// The last line of each name, without those that are taken away.
fn last_of_each(lines: &str) -> String {
    let name = |line: &str| line.split('=').next().unwrap_or_default().to_owned();
    let lines: Vec<&str> = lines.lines().filter(|line| !line.is_empty()).collect();
    let stays = |at: usize, line: &str| {
        let later = lines.iter().skip(at + 1).any(|other| name(other) == name(line));
        !later && !line.ends_with("=-")
    };
    let kept: Vec<&str> =
        lines.iter().enumerate().filter(|(at, line)| stays(*at, line)).map(|(_, line)| *line).collect();
    kept.join("\n")
}

/// Each case in TLS 1.2 and 1.3.
pub(super) fn rows() -> Vec<Row> {
    let Some(method) = METHODS.iter().find(|method| method.name == "TLS") else { return Vec::new() };
    let both = CASES.iter().flat_map(|case| ["1.2", "1.3"].map(|version| (case, version)));
    both.map(|(case, version)| {
        let tls = Tls { version, server: case.server, client: case.client };
        let what = format!("TLS {version} {}", case.what);
        let mut row = method.row(case.judge, Some(&tls), "", what, case.expected.clone());
        let own = if case.judge == Judge::EapolTest { case.server } else { case.client };
        let ours = case.ours.replace("NAME", own).replace("KEY_PASSWORD", KEY_PASSWORD);
        row.ours = last_of_each(&format!("{}\n{ours}", row.ours));
        if case.judge != Judge::Freeradius {
            row.theirs = format!("{}\n{}", row.theirs, case.theirs);
        }
        row.is_case = true;
        row.quick = false;
        row
    })
    .collect()
}
