//! Plays the whole table: every message × role × situation, and listens to everybody.

use std::collections::BTreeMap;

use curtain_domain::VisitRole;
use curtain_protocol::{ClientMessage, Epoch, MediaGeneration, Refusal, ResumeToken, Sdp, ServerMessage};
use curtain_signalling::{CloseReason, ConnectionId};

use crate::cast::{LEE, Who, arrive, chat, commit, framed, group_id, name};
use crate::situations::{GONER, RETURNER, STEADY, Situation, Staged, WAITER, stage};
use crate::table::{Answer, Audience, Row, TABLE, expected};

/// The message of a row, as the actor of this scene would say it.
fn message(row: Row, staged: &Staged) -> ClientMessage {
    let epoch = staged.scene.epoch;
    let commits = |admits: &[Who], removes: &[Who]| staged.scene.change(staged.tab, epoch, admits, removes);
    let early = Epoch(epoch.0.wrapping_sub(1));
    match row {
        Row::Arrive => arrive(),
        Row::ResumeUnknown => {
            ClientMessage::Resume { token: ResumeToken::new(vec![0xEE; 32]).expect("32 bytes"), received: 0 }
        }
        Row::Acknowledge => ClientMessage::Acknowledge { received: 1 },
        Row::OpenGroup => ClientMessage::OpenGroup { group_id: group_id(99) },
        Row::CommitUpdate => commits(&[], &[]),
        Row::CommitAdmit => commits(&[WAITER], &[]),
        Row::CommitTakeBack => commits(&[RETURNER], &[]),
        Row::CommitRemovePresent => commits(&[], &[STEADY]),
        Row::CommitRemoveGone => commits(&[], &[GONER]),
        Row::CommitStale => staged.scene.change(staged.tab, early, &[], &[]),
        Row::CommitMisframed => commit(framed(&group_id(98), epoch, 0), epoch, &[], &[]),
        Row::RefuseCommit => ClientMessage::RefuseCommit { epoch: early },
        Row::Application => chat(epoch),
        Row::ApplicationWithReceipt => with_receipt(chat(epoch), 7),
        Row::Decline => ClientMessage::Decline { participant: WAITER.id() },
        Row::RefuseReturn => ClientMessage::RefuseReturn { participant: RETURNER.id() },
        Row::Answer => ClientMessage::Answer {
            generation: MediaGeneration(1),
            sdp: Sdp::new("v=0".to_owned()).expect("small"),
        },
        Row::PrepareMedia => ClientMessage::PrepareMedia {},
        Row::RestartMedia => ClientMessage::RestartMedia {},
        Row::Leave => ClientMessage::Leave {},
        Row::EndVisit => ClientMessage::EndVisit {},
    }
}

fn with_receipt(message: ClientMessage, number: u32) -> ClientMessage {
    let ClientMessage::Application { epoch, message, .. } = message else { panic!("{message:?}") };
    ClientMessage::Application { epoch, message, receipt: Some(number) }
}

/// Who belongs to an audience, before and after the message.
struct Round {
    people: Vec<(Who, ConnectionId)>,
    actor: Who,
    inside: Vec<Who>,
    admitters: Vec<Who>,
    /// Lost the place through the message.
    out: Vec<Who>,
}

impl Round {
    fn listens(&self, who: Who, audience: Audience, what: &str) -> bool {
        let parting = matches!(what, "declined" | "removed" | "ended");
        let present = parting || !self.out.contains(&who);
        present
            && match audience {
                Audience::Actor => who == self.actor,
                Audience::Everyone => true,
                Audience::Others => who != self.actor,
                Audience::Members => self.inside.contains(&who),
                Audience::OthersInside => self.inside.contains(&who) && who != self.actor,
                Audience::Admitters => self.admitters.contains(&who),
                Audience::OtherAdmitters => self.admitters.contains(&who) && who != self.actor,
                Audience::Waiter => who == WAITER,
                Audience::Returner => who == RETURNER,
                Audience::Steady => who == STEADY,
            }
    }
}

fn names(staged: &mut Staged, people: &[(Who, ConnectionId)]) -> BTreeMap<Who, Vec<&'static str>> {
    people.iter().map(|(who, tab)| (*who, staged.scene.hears_names(*tab))).collect()
}

/// One cell of the table.
fn check(row: Row, role: VisitRole, situation: Situation) {
    let mut staged = stage(role, situation);
    let case = format!("{row:?} by {role:?} when {situation:?}");
    let (actor, tab) = (staged.actor, staged.tab);
    let people: Vec<_> = staged
        .bystanders
        .iter()
        .copied()
        .chain([(actor, tab)])
        .filter(|(_, tab)| staged.scene.closed(*tab).is_none())
        .collect();
    let inside: Vec<_> =
        people.iter().map(|(who, _)| *who).filter(|who| staged.scene.inside.contains(&who.id())).collect();

    let said = message(row, &staged);
    assert!(Row::of(&said).contains(&row), "{case}: the row sends its own message");
    staged.scene.say(tab, said);

    let answer = expected(row, role, situation);
    if let Answer::Refused(code) | Answer::ShownOut(code) = answer {
        let closing = matches!(answer, Answer::ShownOut(_));
        let heard = staged.scene.hears(tab);
        assert_eq!(heard, [ServerMessage::Refused(Refusal { code, closing })], "{case}");
        assert_eq!(staged.scene.closed(tab).is_some(), closing, "{case}");
        assert!(
            staged.scene.media.is_empty() && staged.scene.facts.is_empty(),
            "{case}: nothing else changed"
        );
        for (who, heard) in names(&mut staged, &people) {
            assert_eq!(heard, Vec::<&str>::new(), "{case}: {who:?} was disturbed");
        }
        return;
    }
    let Answer::Told(told) = answer else { return };
    let closed = |who: &(Who, ConnectionId)| staged.scene.closed(who.1).is_some();
    let out: Vec<_> = people.iter().filter(|who| closed(who)).map(|(who, _)| *who).collect();
    let admits = |who: &Who| {
        *who == LEE || (who.role() == VisitRole::CoHost && staged.scene.inside.contains(&who.id()))
    };
    let admitters: Vec<_> = people.iter().map(|(who, _)| *who).filter(admits).collect();
    let round = Round { people: people.clone(), actor, inside, admitters, out };
    for (who, heard) in names(&mut staged, &people) {
        let expected: Vec<_> = told
            .iter()
            .filter(|(audience, what)| round.listens(who, *audience, what))
            .map(|(_, what)| *what)
            .collect();
        assert_eq!(heard, expected, "{case}: {who:?}");
    }
    assert_eq!(round.people.len(), people.len());
}

#[test]
fn every_message_gets_the_answer_of_the_table_and_nobody_else_is_disturbed() {
    let mut cases = 0;
    for (row, _) in TABLE {
        for role in VisitRole::ALL {
            for situation in Situation::ALL {
                check(row, role, situation);
                cases += 1;
            }
        }
    }
    assert!(cases >= 400, "{cases} cases are fewer than T3 asks for");
}

#[test]
fn every_row_stands_in_the_table() {
    let staged = stage(VisitRole::Patient, Situation::Member);
    for (row, _) in TABLE {
        for sibling in Row::of(&message(row, &staged)) {
            assert!(TABLE.iter().any(|(other, _)| other == sibling), "{sibling:?} has no row");
        }
    }
}

#[test]
fn whoever_leaves_or_is_refused_for_good_is_closed_with_the_reason() {
    let mut staged = stage(VisitRole::Patient, Situation::Member);
    staged.scene.say(staged.tab, ClientMessage::Leave {});
    assert_eq!(staged.scene.closed(staged.tab), Some(CloseReason::Left));
    let heard = staged.scene.hears(staged.tab);
    assert_eq!(heard.iter().map(name).collect::<Vec<_>>(), Vec::<&str>::new());
}
