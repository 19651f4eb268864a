//! Our RADIUS server with our EAP server inside, on loopback: `radius-server FILE`.
//!
//! Says where it listens, and what each conversation came to. It ends with its standard input.
#![forbid(unsafe_code)]

use std::io::{ErrorKind, Read as _};
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::process::ExitCode;
use std::time::Duration;

use eap_peers::Outcome;
use eap_peers::config::Config;
use eap_peers::served::Served;
use eap_peers::surroundings::{Clock, Kernel, wall};
use radius::server::{ClientConfig, Env, Output, Peer, Server, Service};
use radius::{ByPrefix, Demand, Prefix, SharedSecret};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("radius-server: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome {
    let settings = Config::of_arguments()?;
    let secret = SharedSecret::new(settings.need("secret")?.as_bytes())?;
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, settings.number("port", 0)?))?;
    let mut config = radius::server::Config::new(ByPrefix::new([(
        Prefix::host(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        ClientConfig { secret, demand: Demand::Required },
    )]));
    config.remember = Duration::from_secs(settings.number("remember", 30)?);
    let mut server = Server::new(config, Served::new(&settings)?);
    settings.all_read()?;
    println!("listening {}", socket.local_addr()?);
    // Whoever started us may be killed: then our input ends, and so do we.
    std::thread::spawn(|| {
        let mut rest = Vec::new();
        let _ = std::io::stdin().read_to_end(&mut rest);
        std::process::exit(0);
    });
    let (clock, mut random) = (Clock::default(), Kernel::default());
    let mut datagram = vec![0; 4096];
    socket.set_read_timeout(Some(Duration::from_secs(1)))?;
    loop {
        match socket.recv_from(&mut datagram) {
            Ok((length, from)) => {
                let mut env = Env { now: clock.now(), wall: wall(), rng: &mut random };
                let octets = datagram.get(..length).unwrap_or_default();
                server.handle_datagram(Service::Authentication, from, octets, &mut env);
            }
            Err(why) if matches!(why.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(why) => return Err(why.into()),
        }
        let now = clock.now();
        if server.poll_deadline().is_some_and(|deadline| deadline <= now) {
            server.handle_timeout(now);
        }
        while let Some(output) = server.poll_output() {
            match output {
                Output::Reply { to: Peer::Datagram(to), bytes } => {
                    socket.send_to(&bytes, to)?;
                }
                Output::Discarded(_, why) => println!("discarded {why}"),
                Output::Reply { to: Peer::Stream(_), .. }
                | Output::Decided { .. }
                | Output::Accounting { .. }
                | Output::Ask(..)
                | Output::Close(_) => {}
            }
        }
    }
}
