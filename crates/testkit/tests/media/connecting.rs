//! How fast a connection comes up, whenever the answer arrives (trap T1), and that a restart keeps the seat.

use core::time::Duration;
use std::net::Ipv6Addr;
use std::time::Instant;

use curtain_media::{MediaCommand, What};
use curtain_protocol::TrackKind;
use curtain_testkit::{NativeParticipant, SealedFrames};

use crate::support::{ANA, BEN, Forwarder, VISIT, mid_of};

/// Without holding early checks it is 1.6 s (media2.md, T1). Loopback needs a tenth of this; the rest is for machines
/// that do much else.
const SOON: Duration = Duration::from_secs(1);

/// From the answer's arrival to both ends connected, when it arrives that late.
async fn connects_after(delay: Duration) -> Duration {
    let mut forwarder = Forwarder::start();
    let offered = forwarder.offer(VISIT, ANA).await;
    let ana = NativeParticipant::answer(&offered.sdp).await.unwrap();
    // Not a hope: the delay is what is tested. The participant checks and shakes hands all the while.
    tokio::time::sleep(delay).await;
    #[expect(clippy::disallowed_methods, reason = "how long it takes is the question")]
    let answered = Instant::now();
    forwarder.answer(VISIT, ANA, offered.generation, ana.sdp());
    forwarder.connected(offered.generation).await;
    ana.connected().await.unwrap();
    answered.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_connects_soon_however_late_it_comes() {
    for millis in [0, 50, 300, 1_000] {
        let took = connects_after(Duration::from_millis(millis)).await;
        assert!(took < SOON, "an answer {millis} ms late connected after {took:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_over_ipv4_and_one_over_ipv6_hear_each_other() {
    if std::net::UdpSocket::bind("[::1]:0").is_err() {
        return eprintln!("SKIPPED: this machine has no IPv6");
    }
    let mut forwarder = Forwarder::start_with(Some(Ipv6Addr::LOCALHOST.into()));
    let (ana, _) = forwarder.join(VISIT, ANA).await;
    let offered = forwarder.offer(VISIT, BEN).await;
    let candidates = offered.sdp.as_str().lines().filter(|line| line.starts_with("a=candidate:"));
    assert_eq!(candidates.count(), 2, "one of each family");
    let ben = NativeParticipant::answer_on(&offered.sdp, "[::1]:0").await.unwrap();
    forwarder.answer(VISIT, BEN, offered.generation, ben.sdp());
    forwarder.connected(offered.generation).await;

    let (mut by_ana, mut by_ben) =
        (SealedFrames::new(TrackKind::Microphone, 0, 7), SealedFrames::new(TrackKind::Microphone, 1, 7));
    ana.send_frame(TrackKind::Microphone, &by_ana.next(60)).await.unwrap();
    ben.send_frame(TrackKind::Microphone, &by_ben.next(60)).await.unwrap();
    ben.until_received(&mid_of(&offered.slots, ANA, TrackKind::Microphone), 1).await.unwrap();
    ana.until_received(&mid_of(&forwarder.slots(ANA).await, BEN, TrackKind::Microphone), 1).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_the_seat_and_the_numbers() {
    let mut forwarder = Forwarder::start();
    let (ana, _) = forwarder.join(VISIT, ANA).await;
    let (ben, _) = forwarder.join(VISIT, BEN).await;
    let mid = mid_of(&forwarder.slots(ANA).await, BEN, TrackKind::Microphone);
    let mut before = SealedFrames::new(TrackKind::Microphone, 1, 7);
    ben.send_frame(TrackKind::Microphone, &before.next(60)).await.unwrap();
    ana.until_received(&mid, 1).await.unwrap();

    forwarder.media.send(MediaCommand::Restart { visit: VISIT, participant: BEN });
    let (generation, sdp, slots) = forwarder
        .until(|event| match &event.what {
            What::Offer { generation, sdp, slots } if event.participant == BEN => {
                Some((*generation, sdp.clone(), slots.clone()))
            }
            _ => None,
        })
        .await;
    mid_of(&slots, ANA, TrackKind::Microphone);
    let ben = NativeParticipant::answer(&sdp).await.unwrap();
    forwarder.answer(VISIT, BEN, generation, ben.sdp());
    forwarder.connected(generation).await;
    let mut after = SealedFrames::new(TrackKind::Microphone, 1, 8);
    ben.send_frame(TrackKind::Microphone, &after.next(60)).await.unwrap();

    let packets = ana.until_received(&mid, 2).await.unwrap();
    assert_eq!(packets[1].sequence, packets[0].sequence + 1);
    assert!(!forwarder.told().iter().any(|event| event.participant == ANA), "Ana was told nothing");
}
