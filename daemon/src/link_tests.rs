use std::os::fd::AsFd as _;

use ipc_proto::channel::{Channel, ChannelError, pair};
use ipc_proto::keeper::FromKeeper;
use ipc_proto::{FromPrivd, Request, Role, ToPrivd, VERSION};
use wire::Instant;

use super::{Link, News, Source, Worth};

type Worker = Channel<FromPrivd, ToPrivd>;

const HELLO: ToPrivd = ToPrivd::Hello { version: VERSION, role: Role::Station };
const NOW: Instant = Instant::ZERO;

/// A link to a keeper, the keeper's end, and its first worker.
fn start() -> (Link<ToPrivd, FromPrivd>, Channel<FromKeeper, FromKeeper>, Worker) {
    let (line, keepers) = pair().unwrap();
    let (own, workers) = pair().unwrap();
    let source = Source::Keeper { line: Channel::new(line).unwrap(), first: Some(own) };
    let link = Link::new("privd", HELLO, source);
    (link, Channel::new(keepers).unwrap(), Channel::new(workers).unwrap())
}

fn request(id: u32) -> ToPrivd {
    ToPrivd::Request { id, request: Request::Country }
}

#[test]
fn nothing_is_sent_before_the_hello_was_accepted() {
    let (mut link, _keeper, mut worker) = start();
    assert_eq!(worker.receive().unwrap().0, HELLO);
    link.send(&request(1), Worth::State);
    assert!(matches!(worker.receive(), Err(ChannelError::WouldBlock)));
    link.accepted();
    link.send(&request(2), Worth::State);
    assert_eq!(worker.receive().unwrap().0, request(2));
}

#[test]
fn a_new_worker_is_greeted_and_the_old_one_forgotten() {
    let (mut link, keeper, mut worker) = start();
    worker.receive().unwrap();
    link.accepted();
    drop(worker);
    assert!(matches!(link.receive(NOW), Some(News::Down)) && !link.is_up());
    let (own, workers) = pair().unwrap();
    keeper.send(&FromKeeper::Started { restarts: 1 }, Some(own.as_fd())).unwrap();
    drop(own);
    assert!(link.receive_line(NOW).is_none());
    let mut worker: Worker = Channel::new(workers).unwrap();
    assert_eq!(worker.receive().unwrap().0, HELLO);
}

#[test]
fn the_end_of_the_old_worker_is_told_even_if_the_new_one_is_there_first() {
    let (mut link, keeper, _worker) = start();
    link.accepted();
    let (own, _workers) = pair().unwrap();
    keeper.send(&FromKeeper::Started { restarts: 1 }, Some(own.as_fd())).unwrap();
    assert!(matches!(link.receive_line(NOW), Some(News::Down)));
}

#[test]
fn a_helper_that_does_not_read_costs_details_first_then_events_and_frames_and_nothing_else() {
    let (mut link, _keeper, _worker) = start();
    link.accepted();
    for (worth, most) in [(Worth::Detail, super::MANY_WAITING), (Worth::Awaited, super::MAX_WAITING)] {
        let taken = (0..20_000).filter(|id| link.send(&request(*id), worth)).count();
        assert!(taken < 20_000 && link.queue.len() == most, "{worth:?}");
    }
    assert!((0..20_000).all(|id| link.send(&request(id), Worth::State)));
    assert_eq!(link.queue.len(), super::MAX_WAITING + 20_000);
}

#[test]
fn a_keeper_that_is_gone_is_the_end() {
    let (mut link, keeper, _worker) = start();
    drop(keeper);
    assert!(matches!(link.receive_line(NOW), Some(News::Lost)));
}
