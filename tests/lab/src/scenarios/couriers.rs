//! A daemon's sockets on the network: what the grant names goes through the courier, and nothing else.

use std::path::Path;
use std::time::Duration;

use nix::libc;

use super::separation::{attempts_of_all, judge, must_stop, socket, victim};
use super::stories;
use crate::failure::{During as _, Outcome, check};
use crate::guest::asks::KEEP;
use crate::guest::courier::{COMMAND, PEER};
use crate::guest::inside::{Argument, Inside, Verdict};
use crate::guest::lab::Lab;
use crate::guest::process;
use crate::guest::program::Program;

/// The stories of this file.
pub const STORIES: &[super::Story] = stories![
    the_courier_carries_datagrams_and_streams_with_granted_peers_and_no_others,
    our_courier_taken_over_reaches_no_port_that_is_not_granted,
];

const AWHILE: Duration = Duration::from_secs(30);
/// A house with a server: `house` is the daemon's, `town` everybody else's.
const GRANT: &str = "role: access-point
peer: udp 192.0.2.2:1812
peer: tcp 192.0.2.2:2083
peer: udp 192.0.2.2/32 3799
peer: listen subnet wire0 49152
peer: udp group 239.255.255.250:1900 wire0
";

/// A wire between the daemon's namespace and that of its peers.
fn wire(lab: &mut Lab) -> Outcome {
    lab.namespace("house")?;
    lab.namespace("town")?;
    lab.run_in("house", "ip", &["link", "add", "wire0", "type", "veth", "peer", "name", "wire1"])?;
    let town = lab.start("town", "town", Path::new("/bin/sleep"), &["86400"])?;
    lab.run_in("house", "ip", &["link", "set", "wire1", "netns", &town.id().to_string()])?;
    for (namespace, name, addresses) in
        [("house", "wire0", &["192.0.2.1/24"][..]), ("town", "wire1", &["192.0.2.2/24", "192.0.2.3/24"])]
    {
        for address in addresses {
            lab.run_in(namespace, "ip", &["address", "add", address, "dev", name])?;
        }
        lab.run_in(namespace, "ip", &["link", "set", name, "up"])?;
        lab.run_in(namespace, "ip", &["link", "set", "lo", "up"])?;
    }
    lab.run_in("town", "ip", &["route", "add", "239.0.0.0/8", "dev", "wire1"]).map(drop)
}

fn daemon(lab: &mut Lab, name: &str, verbs: &[&str]) -> Outcome<Program> {
    let me = lab.our_program("lab");
    let grant = format!("{KEEP}{}", lab.file("courier.grant", GRANT)?.display());
    lab.start("house", name, &me, &[&[COMMAND, &grant, "access-point"], verbs].concat())
}

/// As RADIUS and UPnP would.
pub fn the_courier_carries_datagrams_and_streams_with_granted_peers_and_no_others(lab: &mut Lab) -> Outcome {
    wire(lab)?;
    let me = lab.our_program("lab");
    // It asks.
    for (verb, at) in [("udp", "192.0.2.2:1812"), ("tcp", "192.0.2.2:2083")] {
        let mut server = lab.start("town", &format!("{verb}-server"), &me, &[PEER, verb, at])?;
        std::thread::sleep(Duration::from_secs(1));
        let verb = format!("{verb} {at}");
        let mut asks = daemon(lab, &verb.replace([' ', ':', '.'], "-"), &[&verb])?;
        let status = asks.wait_end(AWHILE)?;
        check(status.success() && asks.log().contains(&format!("{verb}: ?ti si ohw")), || asks.log())?;
        server.wait_end(AWHILE)?;
    }
    // It is asked, by a neighbour, and not by somebody whom the grant does not name.
    for (verb, ask, at) in [
        ("port 3799", "ask-udp", "192.0.2.1:3799"),
        ("listen 49152", "ask-tcp", "192.0.2.1:49152"),
        ("group 239.255.255.250:1900 wire0", "ask-udp", "239.255.255.250:1900"),
    ] {
        let mut serves = daemon(lab, &verb.replace([' ', ':', '.'], "-"), &[verb])?;
        serves.wait_log("open", AWHILE)?;
        let (good, said) = lab.try_in("town", &me.to_string_lossy(), &[PEER, ask, at])?;
        check(good && said.contains("?ti si ohw"), || format!("{verb}: the peer hears {said:?}"))?;
        let status = serves.wait_end(AWHILE)?;
        check(status.success() && serves.log().contains(&format!("{verb}: who is it?")), || serves.log())?;
    }
    for verb in ["udp 192.0.2.3:1812", "tcp 192.0.2.2:22", "tcp 127.0.0.1:2083", "port 1812", "listen 80"] {
        let mut refused = daemon(lab, &verb.replace([' ', ':', '.'], "-"), &[verb])?;
        let status = refused.wait_end(AWHILE)?;
        check(!status.success() && refused.log().contains("the grant has no line \"peer: "), || refused.log())?;
    }
    Ok(())
}

/// What the kernel keeps it to, whatever it was made to do.
pub fn our_courier_taken_over_reaches_no_port_that_is_not_granted(lab: &mut Lab) -> Outcome {
    wire(lab)?;
    let holder = daemon(lab, "holder", &["hold"])?;
    holder.wait_log("holds", AWHILE)?;
    let family = process::family(holder.id())?;
    let find = |name: &str| family.iter().find(|one| one.name == name).during(|| format!("there is no {name}"));
    let (courier, keeper) = (find("privd-courier")?, find("courier-keeper")?);
    judge(courier)?;
    judge(keeper)?;
    let victim = victim(lab)?;
    let mut attempts = vec![
        socket("open a raw INET socket", libc::AF_INET, libc::SOCK_RAW, 1),
        socket("open a socket for ICMP", libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK, 1),
        socket("open a packet socket", libc::AF_PACKET, libc::SOCK_RAW, 0x8e88),
        socket("open a generic netlink socket", libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_GENERIC),
    ];
    attempts.extend(attempts_of_all(victim.id()));
    must_stop(lab, courier.id, &attempts)?;
    // It waits for something to do again.
    std::thread::sleep(Duration::from_secs(1));
    let mut inside = Inside::enter(courier.id)?;
    let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    let wide = |value: i32| Argument::Number(i64::from(value).cast_unsigned());
    for (call, port, allowed) in [
        (libc::SYS_connect, 2083_u16, true),
        (libc::SYS_connect, 22, false),
        (libc::SYS_bind, 49152, true),
        (libc::SYS_bind, 8080, false),
    ] {
        let opened = inside.call(libc::SYS_socket, &[wide(libc::AF_INET), wide(kind), wide(0)])?;
        let Verdict::Did(fd) = opened else {
            return check(false, || format!("the courier opens no socket: {opened:?}"));
        };
        let host = if call == libc::SYS_bind { [0, 0, 0, 0] } else { [192, 0, 2, 2] };
        let address = [&2_u16.to_ne_bytes()[..], &port.to_be_bytes(), &host, &[0; 8]].concat();
        let arguments = [Argument::Number(fd.cast_unsigned()), Argument::Bytes(&address), Argument::Number(16)];
        let verdict = inside.call(call, &arguments)?;
        let refused = verdict == Verdict::Refused(nix::errno::Errno::EACCES);
        lab.step(&format!("call {call} with port {port}: {verdict:?}"));
        check(refused != allowed, || format!("call {call} with port {port}: {verdict:?}"))?;
    }
    inside.leave()
}
