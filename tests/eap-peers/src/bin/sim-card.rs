//! The card of a mobile network for a foreign station, or its home for a foreign server.
//!
//! `sim-card home SOCKET [separated]` answers hostapd's `eap_sim_db=unix:SOCKET`; `sim-card control SOCKET` answers what a
//! station asks control clients. It ends with its standard input.
#![forbid(unsafe_code)]

use std::io::{ErrorKind, Read as _};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use eap_peers::Outcome;
use eap_peers::card::{card_says, home_says};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    std::thread::spawn(|| {
        let mut rest = Vec::new();
        let _ = std::io::stdin().read_to_end(&mut rest);
        std::process::exit(0);
    });
    let done = match words.as_slice() {
        ["home", path] => home(Path::new(path), false),
        ["home", path, "separated"] => home(Path::new(path), true),
        ["control", path] => control(Path::new(path)),
        _ => Err("home SOCKET [separated], or control SOCKET".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("sim-card: {why}");
            ExitCode::FAILURE
        }
    }
}

fn home(path: &Path, separated: bool) -> Outcome {
    let socket = UnixDatagram::bind(path)?;
    println!("listening");
    let (mut sequence, mut request) = (0x1000, vec![0; 4096]);
    loop {
        let (length, from) = socket.recv_from(&mut request)?;
        let text = String::from_utf8_lossy(request.get(..length).unwrap_or_default()).into_owned();
        if let (Some(said), Some(to)) = (home_says(&text, &mut sequence, separated), from.as_pathname()) {
            socket.send_to(said.as_bytes(), to)?;
        }
    }
}

fn control(path: &Path) -> Outcome {
    let own = path.with_extension(format!("card{}", std::process::id()));
    let socket = UnixDatagram::bind(&own)?;
    // The station makes its socket when it is ready.
    let mut tries = 0;
    while let Err(why) = socket.connect(path) {
        tries += 1;
        if tries > 500 {
            return Err(why.into());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    socket.send(b"ATTACH")?;
    println!("listening");
    let (mut seen, mut event) = (0, vec![0; 4096]);
    loop {
        let length = match socket.recv(&mut event) {
            Ok(length) => length,
            Err(why) if why.kind() == ErrorKind::Interrupted => continue,
            Err(why) => return Err(why.into()),
        };
        let text = String::from_utf8_lossy(event.get(..length).unwrap_or_default()).into_owned();
        // `<3>CTRL-REQ-SIM-0:GSM-AUTH:RAND:RAND needed for SSID`
        let Some((_, request)) = text.split_once("CTRL-REQ-SIM-") else { continue };
        let Some((network, question)) = request.split_once(':') else { continue };
        let question = question.split(' ').next().unwrap_or_default();
        if let Some(said) = card_says(question, &mut seen) {
            socket.send(format!("CTRL-RSP-SIM-{network}:{said}").as_bytes())?;
        }
    }
}
