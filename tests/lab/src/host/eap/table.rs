//! The rows, out of one table of methods and one of certificates. To add a method is one entry.

use super::cases;
use super::judge::{Card, Expected, Judge, Row};

/// A method, in the words of each program.
pub(super) struct Method {
    /// Its name, with what is inside.
    pub(super) name: &'static str,
    /// It makes keys.
    keys: bool,
    /// It stands on TLS: each row comes in TLS 1.2 and 1.3.
    tls: bool,
    /// Who the peer is.
    identity: &'static str,
    /// The password, or key; none if a certificate or card is in its place.
    secret: &'static str,
    /// What both our programs are told.
    ours: &'static str,
    /// What eapol_test is told.
    station: &'static str,
    /// What hostapd is told; nothing if it does not know the method.
    hostapd: &'static str,
    /// The method freeradius begins with, and the one inside; nothing if it does not know it.
    freeradius: Option<(&'static str, &'static str)>,
    card: Card,
    /// What is said of a wrong password by our server and by our peer.
    wrong: (&'static str, &'static str),
    quick: bool,
}

const PASSWORD: Method = Method {
    name: "",
    keys: true,
    tls: false,
    identity: "alice",
    secret: "secret",
    ours: "",
    station: "",
    hostapd: "",
    freeradius: None,
    card: Card::None,
    wrong: ("wrong credentials", "the other side refuses"),
    quick: false,
};
const KEY: Method = Method { secret: "0123456789abcdef0123456789abcdef", ..PASSWORD };
const SHORT_KEY: Method = Method { secret: "0123456789abcdef", ..PASSWORD };
const TUNNEL: Method = Method { tls: true, ..PASSWORD };

/// Every method that our side and one of the foreign programs know.
pub(super) const METHODS: &[Method] = &[
    Method {
        name: "MD5",
        keys: false,
        ours: "methods=MD5",
        station: "eap=MD5",
        hostapd: "\"alice\" MD5 \"secret\"",
        freeradius: Some(("md5", "md5")),
        quick: true,
        ..PASSWORD
    },
    Method {
        name: "GTC",
        keys: false,
        ours: "methods=GTC",
        station: "eap=GTC",
        hostapd: "\"alice\" GTC \"secret\"",
        freeradius: Some(("gtc", "md5")),
        ..PASSWORD
    },
    Method {
        name: "MSCHAPV2",
        ours: "methods=MSCHAPV2",
        station: "eap=MSCHAPV2",
        hostapd: "\"alice\" MSCHAPV2 \"secret\"",
        freeradius: Some(("mschapv2", "md5")),
        wrong: ("wrong credentials", "wrong credentials"),
        ..PASSWORD
    },
    Method {
        name: "PWD",
        ours: "methods=PWD",
        station: "eap=PWD",
        hostapd: "pwd_group=19\n\"alice\" PWD \"secret\"",
        freeradius: Some(("pwd", "md5")),
        quick: true,
        wrong: ("EAP authentication failed", "wrong credentials"),
        ..PASSWORD
    },
    Method {
        name: "TLS",
        secret: "",
        ours: "methods=TLS\n",
        station: "eap=TLS",
        hostapd: "* TLS",
        freeradius: Some(("tls", "md5")),
        quick: true,
        ..TUNNEL
    },
    Method {
        name: "TTLS/PAP",
        ours: "methods=TTLS\nttls=PAP",
        station: "eap=TTLS\nphase2=\"auth=PAP\"",
        hostapd: "* TTLS\n\"alice\" TTLS-PAP \"secret\" [2]",
        freeradius: Some(("ttls", "md5")),
        ..TUNNEL
    },
    Method {
        name: "TTLS/CHAP",
        ours: "methods=TTLS\nttls=CHAP",
        station: "eap=TTLS\nphase2=\"auth=CHAP\"",
        hostapd: "* TTLS\n\"alice\" TTLS-CHAP \"secret\" [2]",
        freeradius: Some(("ttls", "md5")),
        ..TUNNEL
    },
    Method {
        name: "TTLS/MSCHAP",
        ours: "methods=TTLS\nttls=MSCHAP",
        station: "eap=TTLS\nphase2=\"auth=MSCHAP\"",
        hostapd: "* TTLS\n\"alice\" TTLS-MSCHAP \"secret\" [2]",
        freeradius: Some(("ttls", "md5")),
        ..TUNNEL
    },
    Method {
        name: "TTLS/MSCHAPV2",
        ours: "methods=TTLS\nttls=MSCHAPV2",
        station: "eap=TTLS\nphase2=\"auth=MSCHAPV2\"",
        hostapd: "* TTLS\n\"alice\" TTLS-MSCHAPV2 \"secret\" [2]",
        freeradius: Some(("ttls", "md5")),
        wrong: ("wrong credentials", "wrong credentials"),
        ..TUNNEL
    },
    Method {
        name: "TTLS/EAP-MSCHAPV2",
        ours: "methods=TTLS\nttls=EAP\ninner=MSCHAPV2",
        station: "eap=TTLS\nphase2=\"autheap=MSCHAPV2\"",
        hostapd: "* TTLS\n\"alice\" MSCHAPV2 \"secret\" [2]",
        freeradius: Some(("ttls", "mschapv2")),
        wrong: ("wrong credentials", "wrong credentials"),
        ..TUNNEL
    },
    Method {
        name: "TTLS/EAP-MD5",
        ours: "methods=TTLS\nttls=EAP\ninner=MD5",
        station: "eap=TTLS\nphase2=\"autheap=MD5\"",
        hostapd: "* TTLS\n\"alice\" MD5 \"secret\" [2]",
        freeradius: Some(("ttls", "md5")),
        ..TUNNEL
    },
    Method {
        name: "PEAPv0/MSCHAPV2",
        ours: "methods=PEAP\ninner=MSCHAPV2\npeap_version=0",
        station: "eap=PEAP\nphase1=\"peapver=0 crypto_binding=2\"\nphase2=\"auth=MSCHAPV2\"",
        hostapd: "* PEAP [ver=0]\n\"alice\" MSCHAPV2 \"secret\" [2]",
        freeradius: Some(("peap", "mschapv2")),
        quick: true,
        wrong: ("EAP authentication failed", "wrong credentials"),
        ..TUNNEL
    },
    Method {
        name: "PEAPv0/GTC",
        ours: "methods=PEAP\ninner=GTC\npeap_version=0",
        station: "eap=PEAP\nphase1=\"peapver=0\"\nphase2=\"auth=GTC\"",
        hostapd: "* PEAP [ver=0]\n\"alice\" GTC \"secret\" [2]",
        freeradius: Some(("peap", "gtc")),
        ..TUNNEL
    },
    Method {
        name: "PEAPv0/TLS",
        secret: "",
        ours: "methods=PEAP\ninner=TLS\npeap_version=0\ninner_cert=@/client.pem\ninner_key=@/client.key",
        station: "eap=PEAP\nphase1=\"peapver=0\"\nphase2=\"auth=TLS tls_disable_tlsv1_3=0\"\nca_cert2=\"@/ca.pem\"\nclient_cert2=\"@/client.pem\"\nprivate_key2=\"@/client.key\"",
        hostapd: "* PEAP [ver=0]\n\"alice\" TLS [2]",
        freeradius: Some(("peap", "tls")),
        ..TUNNEL
    },
    Method {
        name: "TTLS/EAP-TLS",
        secret: "",
        ours: "methods=TTLS\nttls=EAP\ninner=TLS\ninner_cert=@/client.pem\ninner_key=@/client.key",
        station: "eap=TTLS\nphase2=\"autheap=TLS tls_disable_tlsv1_3=0\"\nca_cert2=\"@/ca.pem\"\nclient_cert2=\"@/client.pem\"\nprivate_key2=\"@/client.key\"",
        hostapd: "* TTLS\n\"alice\" TLS [2]",
        freeradius: Some(("ttls", "tls")),
        ..TUNNEL
    },
    Method {
        name: "PEAPv1/MSCHAPV2",
        ours: "methods=PEAP\ninner=MSCHAPV2\npeap_version=1",
        station: "eap=PEAP\nphase1=\"peapver=1\"\nphase2=\"auth=MSCHAPV2\"",
        hostapd: "* PEAP [ver=1]\n\"alice\" MSCHAPV2 \"secret\" [2]",
        wrong: ("wrong credentials", "wrong credentials"),
        ..TUNNEL
    },
    Method {
        name: "PEAPv1/GTC",
        ours: "methods=PEAP\ninner=GTC\npeap_version=1",
        station: "eap=PEAP\nphase1=\"peapver=1\"\nphase2=\"auth=GTC\"",
        hostapd: "* PEAP [ver=1]\n\"alice\" GTC \"secret\" [2]",
        ..TUNNEL
    },
    Method {
        name: "PSK",
        ours: "methods=PSK",
        station: "eap=PSK",
        hostapd: "\"alice\" PSK \"0123456789abcdef\"",
        ..SHORT_KEY
    },
    Method {
        name: "PAX",
        ours: "methods=PAX",
        station: "eap=PAX",
        hostapd: "\"alice\" PAX \"0123456789abcdef\"",
        ..SHORT_KEY
    },
    Method {
        name: "SAKE",
        ours: "methods=SAKE",
        station: "eap=SAKE",
        hostapd: "\"alice\" SAKE \"0123456789abcdef0123456789abcdef\"",
        ..KEY
    },
    Method {
        name: "GPSK",
        ours: "methods=GPSK",
        station: "eap=GPSK",
        hostapd: "\"alice\" GPSK \"0123456789abcdef0123456789abcdef\"",
        ..KEY
    },
    Method { name: "EKE", ours: "methods=EKE", station: "eap=EKE", hostapd: "\"alice\" EKE \"secret\"", ..PASSWORD },
    Method {
        name: "IKEV2",
        ours: "methods=IKEV2",
        station: "eap=IKEV2",
        hostapd: "\"alice\" IKEV2 \"secret\"",
        wrong: ("the other side refuses", "wrong credentials"),
        ..PASSWORD
    },
    Method {
        name: "SIM",
        identity: "1232010000000000",
        secret: "",
        ours: "methods=SIM",
        station: "eap=SIM",
        hostapd: "eap_sim_db=unix:@here/home\n\"1\"* SIM",
        card: Card::Aka,
        ..PASSWORD
    },
    Method {
        name: "AKA",
        identity: "0232010000000000",
        secret: "",
        ours: "methods=AKA",
        station: "eap=AKA",
        hostapd: "eap_sim_db=unix:@here/home\n\"0\"* AKA",
        card: Card::Aka,
        ..PASSWORD
    },
    Method {
        name: "AKA'",
        identity: "6232010000000000",
        secret: "",
        ours: "methods=AKA'",
        station: "eap=AKA'",
        hostapd: "eap_sim_db=unix:@here/home\n\"6\"* AKA'",
        card: Card::Separated,
        ..PASSWORD
    },
];

/// What a foreign program does otherwise than the standard says, and what our side makes of it.
pub(super) struct Odd {
    methods: &'static [&'static str],
    judge: Judge,
    what: &'static str,
    seen: &'static str,
    /// Which rule it breaks.
    pub(super) why: &'static str,
}

impl Odd {
    /// Whether a row of a method is concerned.
    pub(super) fn is_about(&self, method: &str, judge: Judge) -> bool {
        self.methods.contains(&method) && judge == self.judge
    }
}

/// All that is known.
pub(super) const ODD: &[Odd] = &[
    Odd {
        methods: &["TLS"],
        judge: Judge::Hostapd,
        what: "TLS 1.3 again",
        seen: "the server accepts, and our side does not",
        why: "hostapd 2.10 ends a session of EAP-TLS in TLS 1.3 that is taken up again without the protected success \
              indication (RFC 9190 2.1.1, 2.1.3); our peer does not believe that, and has a whole handshake the next time",
    },
    Odd {
        methods: &["PEAPv0/MSCHAPV2", "PEAPv0/GTC"],
        judge: Judge::Hostapd,
        what: "TLS 1.3",
        seen: "crypto-binding is wrong",
        why: "the crypto-binding of hostapd 2.10 in TLS 1.3 is wrong for our peer and for Debian's own eapol_test, which \
              finds that of our server right",
    },
    Odd {
        methods: &["TTLS/EAP-TLS"],
        judge: Judge::Hostapd,
        what: "TLS 1.3",
        seen: "the server accepts, and our side does not",
        why: "hostapd 2.10 ends EAP-TLS in TLS 1.3 inside of a tunnel without the protected success indication (RFC 9190 \
              2.1.1); our peer does not believe that",
    },
    Odd {
        methods: &["PEAPv0/TLS"],
        judge: Judge::Hostapd,
        what: "TLS 1.3",
        seen: "the server ends PEAP without the authentication inside",
        why: "the same in PEAP",
    },
];

/// What each program is told of TLS, with a certificate for the server and one for the peer.
pub(super) struct Tls {
    pub(super) version: &'static str,
    pub(super) server: &'static str,
    pub(super) client: &'static str,
}

pub(super) const USUAL: Tls = Tls { version: "", server: "server", client: "client" };

impl Tls {
    fn ours(&self, judge: Judge) -> String {
        let name = if judge == Judge::EapolTest { self.server } else { self.client };
        let version = if self.version.is_empty() { String::new() } else { format!("\ntls={}", self.version) };
        format!("\nca=@/ca.pem\ncert=@/{name}.pem\nkey=@/{name}.key{version}")
    }

    fn station(&self) -> String {
        let client = self.client;
        format!("\nca_cert=\"@/ca.pem\"\nclient_cert=\"@/{client}.pem\"\nprivate_key=\"@/{client}.key\"")
    }

    /// The words of `phase1` that allow this version alone.
    fn phase1(&self) -> &'static str {
        match self.version {
            // OpenSSL takes no version above one that is left out.
            "1.3" => "tls_disable_tlsv1_0=1 tls_disable_tlsv1_1=1 tls_disable_tlsv1_2=1 tls_disable_tlsv1_3=0",
            _ => "tls_disable_tlsv1_3=1",
        }
    }

    fn hostapd(&self) -> String {
        let server = self.server;
        let flags = match self.version {
            "1.3" => "[ENABLE-TLSv1.3][DISABLE-TLSv1.2]",
            _ => "[DISABLE-TLSv1.3]",
        };
        format!(
            "\nca_cert=@/ca.pem\nserver_cert=@/{server}.pem\nprivate_key=@/{server}.key\ntls_flags={flags}\n\
             tls_session_lifetime=3600"
        )
    }

    fn freeradius(&self) -> String {
        let (server, version) = (self.server, if self.version.is_empty() { "1.2" } else { self.version });
        format!(
            "certificate_file = @/{server}.pem\n private_key_file = @/{server}.key\n tls_min_version = \"{version}\"\n \
             tls_max_version = \"{version}\"\n cache {{ enable = yes\n lifetime = 24\n name = lab\n persist_dir = @here }}"
        )
    }
}

/// Adds words to the `phase1` that is there, or one of these words.
fn with_phase1(lines: &str, words: &str) -> String {
    match lines.split_once("phase1=\"") {
        Some((before, after)) => format!("{before}phase1=\"{words} {after}"),
        None => format!("{lines}\nphase1=\"{words}\""),
    }
}

impl Method {
    fn is_known_to(&self, judge: Judge) -> bool {
        match judge {
            Judge::EapolTest => !self.station.is_empty(),
            Judge::Hostapd => !self.hostapd.is_empty(),
            Judge::Freeradius => self.freeradius.is_some(),
        }
    }

    /// A row of it.
    pub(super) fn row(&self, judge: Judge, tls: Option<&Tls>, secret: &str, what: String, expected: Expected) -> Row {
        let mut ours = self.ours.to_owned();
        let (mine, foreign) = if judge == Judge::EapolTest { (self.secret, secret) } else { (secret, self.secret) };
        let _ = foreign;
        if judge == Judge::EapolTest {
            ours += &format!("\nuser={}", self.identity);
        } else {
            ours += &format!("\nidentity={}", self.identity);
        }
        if !mine.is_empty() {
            ours += &format!("\npassword={mine}");
        }
        let mut theirs = match judge {
            Judge::EapolTest => {
                let password = if secret.is_empty() { String::new() } else { format!("\npassword=\"{secret}\"") };
                format!("identity=\"{}\"{password}\n{}", self.identity, self.station)
            }
            Judge::Hostapd => self.hostapd.to_owned(),
            Judge::Freeradius => String::new(),
        };
        // Our server has one certificate, for tunnels and for what is inside.
        if judge == Judge::EapolTest {
            let inside = |line: &&str| !line.starts_with("inner_");
            ours = ours.lines().filter(inside).collect::<Vec<_>>().join("\n");
        }
        let tls = tls.or((judge == Judge::Freeradius).then_some(&USUAL));
        if let Some(tls) = tls {
            if self.tls {
                ours += &tls.ours(judge);
            }
            theirs = match judge {
                Judge::EapolTest => with_phase1(&theirs, tls.phase1()) + &tls.station(),
                Judge::Hostapd => theirs + &tls.hostapd(),
                Judge::Freeradius => tls.freeradius(),
            };
        }
        let (begin, inner) = self.freeradius.unwrap_or(("md5", "md5"));
        Row {
            method: self.name.to_owned(),
            what,
            judge,
            ours,
            theirs,
            begin: (begin.to_owned(), inner.to_owned()),
            card: self.card,
            expected,
            again: false,
            is_case: false,
            quick: self.quick,
        }
    }
}

/// All rows.
pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for method in METHODS {
        for judge in Judge::ALL.into_iter().filter(|judge| method.is_known_to(*judge)) {
            let versions: &[&str] = if method.tls { &["1.2", "1.3"] } else { &[""] };
            for version in versions {
                let tls = Tls { version, ..USUAL };
                let tls = method.tls.then_some(&tls);
                let named = |what: &str| {
                    format!("{}{what}", if method.tls { format!("TLS {version} ") } else { String::new() })
                };
                let otherwise = |what: &str, expected| {
                    let odd =
                        ODD.iter().find(|odd| odd.is_about(method.name, judge) && named(what).starts_with(odd.what));
                    odd.map_or(expected, |odd| Expected::Refused(odd.seen))
                };
                let success = otherwise("", Expected::Success { keys: method.keys });
                rows.push(method.row(judge, tls, method.secret, named(""), success));
                if method.tls {
                    let resumed = otherwise("again", Expected::Resumed);
                    let row = method.row(judge, tls, method.secret, named("again"), resumed);
                    rows.push(Row { again: true, ..row });
                }
                if !method.secret.is_empty() {
                    let wrong: String = method.secret.chars().rev().collect();
                    let words = match judge {
                        Judge::EapolTest => method.wrong.0,
                        Judge::Hostapd => method.wrong.1,
                        // It keeps MSCHAPv2's own words to itself.
                        Judge::Freeradius if method.name == "PWD" => method.wrong.1,
                        Judge::Freeradius => PASSWORD.wrong.1,
                    };
                    rows.push(method.row(judge, tls, &wrong, named("wrong password"), Expected::Refused(words)));
                }
            }
        }
    }
    rows.extend(cases::rows());
    rows
}
