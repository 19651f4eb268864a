//! Many stations at a time, on loopback: `radius-load FILE`.
//!
//! `count=` conversations are had, `parallel=` at a time; each station goes on with what it has learned. With `hold=` every
//! conversation is left alone after so many requests, and the program waits for the end of its standard input. Says `done`,
//! how many succeeded, how many failed, and the microseconds that it took.
#![forbid(unsafe_code)]

use std::io::{ErrorKind, Read as _};
use std::net::{Ipv4Addr, UdpSocket};
use std::process::ExitCode;
use std::time::Duration;

use eap_peers::Outcome;
use eap_peers::caller::{Caller, credentials, peer};
use eap_peers::config::Config;
use eap_peers::surroundings::{Clock, Kernel, wall};

/// Requests that are under way at a time while sessions are only begun: more would not fit into a socket's buffer.
const AT_ONCE: usize = 64;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("radius-load: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome {
    let config = Config::of_arguments()?;
    let secret = config.need("secret")?.as_bytes();
    let port: u16 = config.number("port", 1812)?;
    let count: usize = config.number("count", 1000)?;
    let parallel: usize = config.number("parallel", 8)?;
    let hold: u32 = config.number("hold", 0)?;
    let mut caller = Caller::new(secret, 1)?;
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.connect((Ipv4Addr::LOCALHOST, port))?;
    if hold > 0 {
        caller.stop_after = hold;
    }
    let mut idle = Vec::new();
    for _ in 0..parallel.min(count) {
        idle.push(peer(credentials(&config)?, 1400));
    }
    config.all_read()?;
    let (clock, mut random) = (Clock::default(), Kernel::default());
    let (mut begun, mut good, mut bad) = (0, 0_usize, 0_usize);
    let mut words = String::new();
    let mut datagram = vec![0; 4096];
    loop {
        while begun < count && (hold == 0 || caller.pending() < AT_ONCE) {
            // Nobody comes back from a conversation that is only begun.
            let next = if hold > 0 { Some(peer(credentials(&config)?, 1400)) } else { idle.pop() };
            let Some(next) = next else { break };
            begun += 1;
            caller.begin(next, clock.now(), wall(), &mut random);
        }
        while let Some((_, bytes)) = caller.poll_send() {
            socket.send(&bytes)?;
        }
        while let Some((_, ended, mut used)) = caller.poll_ended() {
            if ended.peer.is_ok() && ended.server.is_some() {
                good += 1;
            } else {
                bad += 1;
                words = format!("{:?} {:?}", ended.peer, ended.trouble);
            }
            used.restart();
            idle.push(used);
        }
        let is_done = if hold > 0 { begun == count && caller.is_quiet() } else { good + bad == count };
        if is_done {
            break;
        }
        if begun < count && (hold > 0 && caller.pending() < AT_ONCE || hold == 0 && !idle.is_empty()) {
            continue;
        }
        let wait = caller.poll_deadline().map_or(Duration::from_secs(1), |deadline| deadline.since(clock.now()));
        socket.set_read_timeout(Some(wait.max(Duration::from_millis(1))))?;
        match socket.recv(&mut datagram) {
            Ok(length) => {
                let octets = datagram.get(..length).unwrap_or_default();
                caller.handle_datagram(0, octets, clock.now(), wall(), &mut random);
            }
            Err(why)
                if matches!(why.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::ConnectionRefused) =>
            {
                caller.handle_timeout(clock.now(), wall(), &mut random);
            }
            Err(why) => return Err(why.into()),
        }
    }
    let open = if hold > 0 { caller.open() } else { good };
    println!("done {open} {bad} {} {words}", clock.now().since_origin().as_micros());
    if hold > 0 {
        let mut rest = Vec::new();
        std::io::stdin().read_to_end(&mut rest)?;
    }
    Ok(())
}
