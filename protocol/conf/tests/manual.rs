//! The manual pages of both configuration languages are made from the tables, so that neither can say what the other does not.
//!
//! `UPDATE_MANUAL=1 cargo test -p conf --test manual` writes them anew.

use conf::param::{Effect, Kind, Param, Preset, Status};
use conf::{ap, station};
use std::{fs, path::Path};

/// What a parameter takes, in a word or two.
fn takes(kind: Kind) -> String {
    match kind {
        Kind::Int { min, max } | Kind::Decimal { min, max } => range(min, max),
        Kind::HexNumber { max } => format!("hexadecimal number up to {max:x}"),
        Kind::Fraction => "number between 0 and 1".into(),
        Kind::Quoted { max, .. } if max < 65_535 => format!("string of at most {max} bytes"),
        Kind::Quoted { .. } | Kind::QuotedText => "string".into(),
        Kind::Text { max, .. } if max < 65_535 => format!("text of at most {max} bytes"),
        Kind::Text { .. } => "text".into(),
        Kind::Word(words) => format!("one of {}", words.join(", ")),
        Kind::Psk => "passphrase in quotes, key in hex, or ext:NAME".into(),
        Kind::Password => "string, hash:HASH, or ext:NAME".into(),
        Kind::Passphrase => "8 to 63 characters".into(),
        Kind::HexPsk => "64 hex digits".into(),
        Kind::Bssid | Kind::Mac => "address".into(),
        Kind::MacList => "addresses".into(),
        Kind::IntList => "numbers".into(),
        Kind::Hex { .. } => "hex digits".into(),
        Kind::Proto => "words".into(),
        Kind::KeyMgmt => "key management methods".into(),
        Kind::Ciphers(allowed) => format!("words of {allowed}"),
        Kind::Cipher(allowed) => format!("one of {allowed}"),
        Kind::AuthAlg => "words of OPEN SHARED LEAP".into(),
        Kind::Eap => "EAP methods".into(),
        Kind::Country | Kind::CountryCode => "two letters".into(),
        Kind::Uuid => "UUID".into(),
        Kind::DeviceType => "device type".into(),
        Kind::Ipv4 | Kind::IpAddr => "IP address".into(),
        Kind::Lines | Kind::SecretLines => "text; may be given several times".into(),
        Kind::SaePassword => "password with options; may be given several times".into(),
        Kind::Wep | Kind::Ignored => "anything".into(),
    }
}

fn range(min: i64, max: i64) -> String {
    match (min, max) {
        (0, 1) => "0 or 1".into(),
        (i64::MIN..=-2_147_483_648, _) => "number".into(),
        (min, 4_294_967_295) => format!("number from {min}"),
        (min, max) => format!("{min} to {max}"),
    }
}

/// What a change while the daemon runs does, in a sentence.
fn on_change(effect: Effect) -> &'static str {
    match effect {
        Effect::Nothing => "A change does nothing.",
        Effect::Next => "A change counts from the next use on.",
        Effect::Keys => {
            "A change counts from the next association on; keys that were made or cached before are forgotten."
        }
        Effect::Secrets => {
            "A change counts from the next association on; keys that were made or cached before are forgotten, and a network that is left alone for a while since it failed may be tried at once."
        }
        Effect::Country => "A change is asked of the kernel at once.",
        Effect::AtOnce => "A change counts at once.",
        Effect::List => {
            "A change counts at once: the file is read, and stations that may not be there any more are sent away."
        }
        Effect::Sockets => "A change opens the control socket there at once.",
        Effect::Reload => "A change counts from RELOAD or ENABLE on.",
        Effect::Start => "A change counts from the next start on.",
    }
}

/// What a change of most of some parameters does.
fn usual(params: &[(&Param, Effect)]) -> Option<Effect> {
    let count = |effect: Effect| params.iter().filter(|(_, other)| *other == effect).count();
    params.iter().map(|(_, effect)| *effect).max_by_key(|effect| count(*effect))
}

/// Text as roff takes it.
fn roff(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}

fn list(out: &mut String, title: &str, tables: &[&[Param]], wanted: impl Fn(Status) -> bool) {
    let mut params: Vec<(&Param, Effect)> = Vec::new();
    for table in tables {
        let of_table = table.iter().filter(|param| wanted(param.status(table)));
        params.extend(of_table.map(|param| (param, param.effect(table))));
    }
    if params.is_empty() {
        return;
    }
    out.push_str(&format!(".Ss {title}\n"));
    let usual = usual(&params).filter(|effect| *effect != Effect::Nothing);
    if let Some(effect) = usual {
        out.push_str(&format!("Where nothing else is said:\n{}\n", roff(on_change(effect))));
    }
    out.push_str(".Bl -tag -width Ds\n");
    for (param, effect) in params {
        let preset = match param.shape.preset {
            Preset::Int(n) => format!("; usually {n}"),
            Preset::Unset | Preset::Bits(_) => String::new(),
        };
        out.push_str(&format!(
            ".It Cm {}\n{}\n.Pq {}{}\n",
            param.name,
            roff(param.doc),
            roff(&takes(param.shape.kind)),
            roff(&preset)
        ));
        if usual.is_some_and(|usual| usual != effect) {
            out.push_str(&format!("{}\n", roff(on_change(effect))));
        }
    }
    out.push_str(".El\n");
}

fn page(name: &str, daemon: &str, what: &str, sections: &[(&str, &[&[Param]])]) -> String {
    let mut out = format!(
        ".\\\" Made from the tables in protocol/conf; see tests/manual.rs there.\n.Dd November 21, 2026\n.Dt {} 5\n.Os Airlock\n.Sh NAME\n.Nm {name}\n.Nd {what}\n.Sh DESCRIPTION\n",
        name.to_uppercase()
    );
    out.push_str(&format!("The parameters that\n.Xr {daemon} 8\nacts on come first.\nFor each: what it does, and what it takes.\nThe others are accepted with a warning that names file and line, so that existing files load.\n"));
    out.push_str(".Sh PARAMETERS IN EFFECT\n");
    for (title, tables) in sections {
        list(&mut out, title, tables, |status| status == Status::Supported);
    }
    out.push_str(".Sh PARAMETERS ACCEPTED WITH A WARNING\n");
    for (title, tables) in sections {
        list(&mut out, title, tables, |status| status != Status::Supported);
    }
    out.push_str(&format!(".Sh SEE ALSO\n.Xr {daemon} 8\n"));
    out
}

fn check(file: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dist/man").join(file);
    if std::env::var_os("UPDATE_MANUAL").is_some() {
        assert!(fs::write(&path, wanted).is_ok());
    }
    let present = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        present == wanted,
        "dist/man/{file} is not what the tables say: UPDATE_MANUAL=1 cargo test -p conf --test manual"
    );
}

#[test]
fn the_manual_says_what_the_tables_say() {
    let station = page(
        "supplicant.conf",
        "supplicant",
        "configuration of a station, in the language of wpa_supplicant.conf",
        &[
            ("Outside any block", &[station::GLOBAL_PARAMS]),
            ("In a network block", &[station::NETWORK_PARAMS]),
            ("In a cred block", &[station::CRED_PARAMS]),
            ("In an identity block", &[station::IDENTITY_PARAMS]),
        ],
    );
    check("supplicant.conf.5", &station);
    let access_point = page(
        "apd.conf",
        "apd",
        "configuration of an access point, in the language of hostapd.conf",
        &[("Of the radio", &[ap::RADIO_PARAMS]), ("Of a BSS", &[ap::BSS_PARAMS])],
    );
    check("apd.conf.5", &access_point);
}
