//! Two and three people, coming, going and coming back.

use curtain_domain::ParticipantId;
use curtain_media::{MediaCommand, What};
use curtain_protocol::{Mid, TrackKind};
use curtain_testkit::{NativeParticipant, SealedFrames};

use crate::support::{ANA, BEN, CEM, Forwarder, OTHER_VISIT, VISIT, mid_of};

const FRAMES: usize = 20;

/// Sends frames of one track; returns them.
async fn send(who: &NativeParticipant, kind: TrackKind, leaf: u8, bytes: usize) -> Vec<Vec<u8>> {
    let mut frames = SealedFrames::new(kind, leaf, 7);
    let mut sent = Vec::new();
    for _ in 0..FRAMES {
        let frame = frames.next(bytes);
        who.send_frame(kind, &frame).await.unwrap();
        sent.push(frame);
    }
    sent
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_receive_each_others_sealed_sound_unchanged() {
    let mut forwarder = Forwarder::start();
    let (ana, _) = forwarder.join(VISIT, ANA).await;
    let (ben, slots_of_ben) = forwarder.join(VISIT, BEN).await;
    let slots_of_ana = forwarder.slots(ANA).await;

    let by_ana = send(&ana, TrackKind::Microphone, 0, 60).await;
    let by_ben = send(&ben, TrackKind::Microphone, 1, 60).await;

    let at_ben =
        ben.until_received(&mid_of(&slots_of_ben, ANA, TrackKind::Microphone), FRAMES).await.unwrap();
    let at_ana =
        ana.until_received(&mid_of(&slots_of_ana, BEN, TrackKind::Microphone), FRAMES).await.unwrap();
    assert!(at_ben.iter().map(|packet| &packet.payload).eq(&by_ana));
    assert!(at_ana.iter().map(|packet| &packet.payload).eq(&by_ben));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_three_people_every_pair_sees_each_other() {
    let mut forwarder = Forwarder::start();
    let (ana, _) = forwarder.join(VISIT, ANA).await;
    let (ben, _) = forwarder.join(VISIT, BEN).await;
    let (cem, slots_of_cem) = forwarder.join(VISIT, CEM).await;
    forwarder.slots(ANA).await;
    let slots_of_ana = forwarder.slots(ANA).await;
    let slots_of_ben = forwarder.slots(BEN).await;

    for (leaf, who, sender) in [(0, ANA, &ana), (1, BEN, &ben), (2, CEM, &cem)] {
        for kind in TrackKind::ALL {
            let places = [(ANA, &ana, &slots_of_ana), (BEN, &ben, &slots_of_ben), (CEM, &cem, &slots_of_cem)];
            let others = places.into_iter().filter(|(other, ..)| *other != who);
            let others: Vec<_> = others.map(|(_, other, slots)| (other, mid_of(slots, who, kind))).collect();
            reaches(sender, kind, leaf, &others).await;
        }
    }
}

/// Every packet of every frame arrives at all of them. One frame at a time: a burst of hundreds fits no socket buffer.
async fn reaches(
    sender: &NativeParticipant,
    kind: TrackKind,
    leaf: u8,
    others: &[(&NativeParticipant, Mid)],
) {
    // Video is large enough for three packets each: only the first of them shows that the frame is sealed.
    let (bytes, packets) = if kind.is_audio() { (80, 1) } else { (2_500, 3) };
    let mut frames = SealedFrames::new(kind, leaf, 7);
    for frame in 1..=FRAMES {
        sender.send_frame(kind, &frames.next(bytes)).await.unwrap();
        for (other, mid) in others {
            other.until_received(mid, frame * packets).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_and_comes_back_is_seen_in_the_same_slot_without_a_new_offer_for_the_others() {
    let mut forwarder = Forwarder::start();
    let (ana, _) = forwarder.join(VISIT, ANA).await;
    let (ben, _) = forwarder.join(VISIT, BEN).await;
    let mid = mid_of(&forwarder.slots(ANA).await, BEN, TrackKind::Camera);
    send(&ben, TrackKind::Camera, 1, 200).await;
    ana.until_received(&mid, FRAMES).await.unwrap();

    forwarder.media.send(MediaCommand::Leave { visit: VISIT, participant: BEN });
    assert!(forwarder.slots(ANA).await.iter().all(|slot| slot.participant.is_none()));
    let (ben, _) = forwarder.join(VISIT, BEN).await;
    assert_eq!(mid_of(&forwarder.slots(ANA).await, BEN, TrackKind::Camera), mid);
    send(&ben, TrackKind::Camera, 1, 200).await;

    let packets = ana.until_received(&mid, 2 * FRAMES).await.unwrap();
    let numbers: Vec<u16> = packets.iter().map(|packet| packet.sequence).collect();
    let first = numbers[0];
    assert!(numbers.iter().zip(first..).all(|(&number, expected)| number == expected), "{numbers:?}");
    assert!(
        forwarder.told().iter().all(|event| !offer_for(ANA, event)),
        "nobody who stayed was offered again"
    );
}

fn offer_for(who: ParticipantId, event: &curtain_media::MediaEvent) -> bool {
    event.participant == who && matches!(event.what, What::Offer { .. })
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_removed_receives_nothing_more() {
    let mut forwarder = Forwarder::start();
    let (ana, _) = forwarder.join(VISIT, ANA).await;
    let (ben, slots_of_ben) = forwarder.join(VISIT, BEN).await;
    let (cem, slots_of_cem) = forwarder.join(VISIT, CEM).await;
    let mut frames = SealedFrames::new(TrackKind::Microphone, 0, 7);
    ana.send_frame(TrackKind::Microphone, &frames.next(60)).await.unwrap();
    ben.until_received(&mid_of(&slots_of_ben, ANA, TrackKind::Microphone), 1).await.unwrap();

    forwarder.media.send(MediaCommand::Leave { visit: VISIT, participant: BEN });
    forwarder.slots(CEM).await;
    for _ in 0..FRAMES {
        ana.send_frame(TrackKind::Microphone, &frames.next(60)).await.unwrap();
    }
    cem.until_received(&mid_of(&slots_of_cem, ANA, TrackKind::Microphone), 1 + FRAMES).await.unwrap();
    assert_eq!(ben.received().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_visits_on_one_thread_do_not_see_each_other() {
    let mut forwarder = Forwarder::start();
    let (ana, _) = forwarder.join(VISIT, ANA).await;
    let (ben, slots_of_ben) = forwarder.join(VISIT, BEN).await;
    let (stranger, slots) = forwarder.join(OTHER_VISIT, CEM).await;
    assert!(slots.iter().all(|slot| slot.participant.is_none()));

    send(&ana, TrackKind::Microphone, 0, 60).await;
    send(&stranger, TrackKind::Microphone, 0, 60).await;
    ben.until_received(&mid_of(&slots_of_ben, ANA, TrackKind::Microphone), FRAMES).await.unwrap();
    assert!(stranger.received().is_empty());
    assert_eq!(ben.received().len(), FRAMES);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_visit_forwards_nothing() {
    let mut forwarder = Forwarder::start();
    let (ana, _) = forwarder.join(VISIT, ANA).await;
    let (ben, _) = forwarder.join(VISIT, BEN).await;
    forwarder.media.send(MediaCommand::Close { visit: VISIT });
    send(&ana, TrackKind::Microphone, 0, 60).await;
    // The forwarder follows its orders and datagrams in turn, so this connection comes after both.
    forwarder.join(OTHER_VISIT, CEM).await;
    assert!(ben.received().is_empty());
}
