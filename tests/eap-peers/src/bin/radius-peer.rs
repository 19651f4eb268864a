//! Our peer behind our RADIUS client, on loopback: `radius-peer FILE`.
//!
//! Says of each conversation `success METHOD MSK KEYS REQUESTS CERTIFICATES` or `failure WORDS`. KEYS is `equal` if the keys
//! of the server's Access-Accept are the peer's.
#![forbid(unsafe_code)]

use std::io::ErrorKind;
use std::net::{Ipv4Addr, UdpSocket};
use std::process::ExitCode;
use std::time::Duration;

use eap::Peer;
use eap_peers::caller::{Caller, Ended, credentials, keys_equal, peer};
use eap_peers::config::Config;
use eap_peers::surroundings::{Clock, Kernel, wall};
use eap_peers::{Outcome, hex};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("radius-peer: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome {
    let config = Config::of_arguments()?;
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    let mut caller = Caller::new(config.need("secret")?.as_bytes(), 1)?;
    let mtu = config.number("mtu", 1400)?;
    let times: u32 = config.number("times", 1)?;
    let port: u16 = config.number("port", 1812)?;
    let mut next = peer(credentials(&config)?, mtu);
    config.all_read()?;
    socket.connect((Ipv4Addr::LOCALHOST, port))?;
    let clock = Clock::default();
    for _ in 0..times {
        let (ended, used) = converse(&mut caller, next, &socket, &clock)?;
        report(&ended);
        // What it has learned it keeps.
        next = used;
        next.restart();
    }
    Ok(())
}

fn converse(caller: &mut Caller, peer: Peer, socket: &UdpSocket, clock: &Clock) -> Outcome<(Ended, Peer)> {
    let (mut datagram, mut random) = (vec![0; 4096], Kernel::default());
    caller.begin(peer, clock.now(), wall(), &mut random);
    loop {
        while let Some((_, bytes)) = caller.poll_send() {
            socket.send(&bytes)?;
        }
        if let Some((_, ended, peer)) = caller.poll_ended() {
            return Ok((ended, peer));
        }
        let wait = caller.poll_deadline().map_or(Duration::from_secs(60), |deadline| deadline.since(clock.now()));
        socket.set_read_timeout(Some(wait.max(Duration::from_millis(1))))?;
        let odd = match socket.recv(&mut datagram) {
            Ok(length) => {
                let octets = datagram.get(..length).unwrap_or_default();
                caller.handle_datagram(0, octets, clock.now(), wall(), &mut random)
            }
            // What was sent before nobody listened comes back as a refusal: that is silence too.
            Err(why)
                if matches!(why.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::ConnectionRefused) =>
            {
                caller.handle_timeout(clock.now(), wall(), &mut random)
            }
            Err(why) => return Err(why.into()),
        };
        if let Some(odd) = odd {
            println!("odd {odd}");
        }
    }
}

fn report(ended: &Ended) {
    for note in &ended.notes {
        println!("note {note}");
    }
    match (&ended.peer, &ended.trouble, &ended.server) {
        (_, Some(trouble), _) => println!("failure {trouble}"),
        (Ok((method, keys)), None, Some(_)) => {
            let method = method.map_or("-".to_owned(), |method| method.to_string());
            let msk = keys.as_ref().map_or("-".to_owned(), |keys| hex(keys.msk.as_bytes()));
            let equal = match (keys_equal(ended), keys) {
                (Some(true), _) => "equal",
                (None, None) => "none",
                _ => "different",
            };
            println!("success {method} {msk} {equal} {} {}", ended.requests, ended.certificates);
        }
        (Ok(_), None, None) => println!("failure the server refuses by RADIUS what it accepted by EAP"),
        (Err(why), None, Some(_)) => println!("failure the server accepts, and our side does not: {why}"),
        (Err(why), None, None) => println!("failure {why}"),
    }
}
