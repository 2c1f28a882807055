//! The table: what every message gets in every situation, for every role. A message type without a row does not
//! compile (`Row::of`) or fails `every_row_stands_in_the_table`.

use curtain_protocol::{ClientMessage, RefusalCode};

use self::Answer::{Refused, ShownOut, Told};
use self::Audience::{
    Actor, Admitters, Everyone, Members, OtherAdmitters, Others, OthersInside, Returner, Steady, Waiter,
};
use self::Cell::{All, Clinician, Staff};
use crate::situations::Situation;

/// A message type, split where its content decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row {
    Arrive,
    ResumeUnknown,
    Acknowledge,
    OpenGroup,
    CommitUpdate,
    CommitAdmit,
    CommitTakeBack,
    CommitRemovePresent,
    CommitRemoveGone,
    CommitStale,
    CommitMisframed,
    /// Of a commit that holds already; stories tell of those that do not.
    RefuseCommit,
    Application,
    ApplicationWithReceipt,
    Decline,
    RefuseReturn,
    PrepareMedia,
    Answer,
    RestartMedia,
    Leave,
    EndVisit,
}

impl Row {
    /// At least one row of every message type. **A new type does not compile until it has one.**
    pub(crate) fn of(message: &ClientMessage) -> &'static [Row] {
        match message {
            ClientMessage::Arrive { .. } => &[Self::Arrive],
            ClientMessage::Resume { .. } => &[Self::ResumeUnknown],
            ClientMessage::Acknowledge { .. } => &[Self::Acknowledge],
            ClientMessage::OpenGroup { .. } => &[Self::OpenGroup],
            ClientMessage::Commit(_) => &[
                Self::CommitUpdate,
                Self::CommitAdmit,
                Self::CommitTakeBack,
                Self::CommitRemovePresent,
                Self::CommitRemoveGone,
                Self::CommitStale,
                Self::CommitMisframed,
            ],
            ClientMessage::RefuseCommit { .. } => &[Self::RefuseCommit],
            ClientMessage::Application { .. } => &[Self::Application, Self::ApplicationWithReceipt],
            ClientMessage::Decline { .. } => &[Self::Decline],
            ClientMessage::RefuseReturn { .. } => &[Self::RefuseReturn],
            ClientMessage::PrepareMedia {} => &[Self::PrepareMedia],
            ClientMessage::Answer { .. } => &[Self::Answer],
            ClientMessage::RestartMedia {} => &[Self::RestartMedia],
            ClientMessage::Leave {} => &[Self::Leave],
            ClientMessage::EndVisit {} => &[Self::EndVisit],
        }
    }
}

/// Who hears something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Whoever sent the message.
    Actor,
    /// Everybody with a place before or after, the actor too.
    Everyone,
    /// Everyone but the actor.
    Others,
    /// Everybody who was inside before, the actor too.
    Members,
    /// Members but the actor.
    OthersInside,
    /// The clinician with a place and co-hosts inside.
    Admitters,
    /// Those but the actor.
    OtherAdmitters,
    Waiter,
    Returner,
    Steady,
}

/// What has to happen.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    /// A typed refusal to the actor, and nothing else anywhere.
    Refused(RefusalCode),
    /// The same, and the socket is closed.
    ShownOut(RefusalCode),
    /// These people hear exactly this, in this order; nobody else hears anything.
    Told(&'static [(Audience, &'static str)]),
}

/// An answer that may depend on the role.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell {
    /// For every role.
    All(Answer),
    /// For the clinician, and for everybody else.
    Clinician(Answer, Answer),
    /// For the clinician and co-hosts, and for everybody else.
    Staff(Answer, Answer),
}

const NOT_ARRIVED: Cell = All(Refused(RefusalCode::NotArrived));
const NOT_MEMBER: Cell = All(Refused(RefusalCode::NotMember));
const NO_GROUP: Cell = All(Refused(RefusalCode::NoGroup));
const ENDED: Cell = All(ShownOut(RefusalCode::VisitEnded));
const ALREADY: Cell = All(Refused(RefusalCode::AlreadyArrived));
const CANT_RESUME: Cell = All(Refused(RefusalCode::CantResume));
const SILENT: Cell = All(Told(&[]));
const NOT_ALLOWED: Answer = Refused(RefusalCode::NotAllowed);

/// Where the clinician was restarted nobody is inside; for the others the clinician's fresh group is there.
const RESTARTED: Cell = Clinician(Refused(RefusalCode::NoGroup), Refused(RefusalCode::NotMember));

const fn only_members(member: Cell) -> [Cell; 9] {
    [NOT_ARRIVED, NO_GROUP, NOT_MEMBER, NOT_MEMBER, NOT_MEMBER, member, RESTARTED, NOT_ARRIVED, ENDED]
}

const fn whoever_arrived(cell: Cell) -> [Cell; 9] {
    [NOT_ARRIVED, cell, cell, cell, cell, cell, cell, NOT_ARRIVED, ENDED]
}

const COMES: Cell = All(Told(&[(Actor, "placed"), (Everyone, "people"), (Admitters, "waiting")]));
const COMES_BACK: Cell =
    All(Told(&[(Actor, "placed"), (OthersInside, "return"), (Everyone, "people"), (Admitters, "waiting")]));
/// The same tab with another leaf, in the place of the one that waits or works. The clinician is not on the own list.
const ASKS_FRESH: Cell = Clinician(
    Told(&[(Actor, "placed"), (OtherAdmitters, "waiting")]),
    Told(&[(Actor, "placed"), (Admitters, "waiting")]),
);
const ASKS_BACK: Cell = Clinician(
    Told(&[(Actor, "placed"), (OthersInside, "return"), (OtherAdmitters, "waiting")]),
    Told(&[(Actor, "placed"), (OthersInside, "return"), (Admitters, "waiting")]),
);
const ASKS_AGAIN: Cell =
    Clinician(Told(&[(Actor, "placed")]), Told(&[(Actor, "placed"), (Admitters, "waiting")]));
const LEAVES_LINE: Cell = All(Told(&[(Others, "people"), (Admitters, "waiting")]));
const LEAVES_A_LEAF_IN_LINE: Cell =
    All(Told(&[(OthersInside, "gone"), (Others, "people"), (Admitters, "waiting")]));
const LEAVES_INSIDE: Cell = All(Told(&[(OthersInside, "gone"), (Others, "people")]));
const LEAVES_UNNOTICED: Cell = All(Told(&[(Others, "people")]));
const OPENS_FIRST: Cell = Clinician(Told(&[]), NOT_ALLOWED);
const OPENS_AFRESH: Cell = Clinician(
    Told(&[(OthersInside, "group_restarted"), (Returner, "group_restarted"), (Actor, "waiting")]),
    NOT_ALLOWED,
);
const DECLINES: Cell =
    Clinician(Told(&[(Waiter, "declined"), (Everyone, "people"), (Admitters, "waiting")]), NOT_ALLOWED);
const ENDS: Cell = Clinician(Told(&[(Everyone, "ended")]), NOT_ALLOWED);

/// Columns in the order of `Situation::ALL`.
pub(crate) const TABLE: [(Row, [Cell; 9]); 21] = [
    (
        Row::Arrive,
        [COMES, ASKS_FRESH, ASKS_FRESH, ASKS_BACK, ASKS_BACK, ASKS_BACK, ASKS_AGAIN, COMES_BACK, ENDED],
    ),
    (
        Row::ResumeUnknown,
        [CANT_RESUME, ALREADY, ALREADY, ALREADY, ALREADY, ALREADY, ALREADY, CANT_RESUME, ENDED],
    ),
    (Row::Acknowledge, whoever_arrived(SILENT)),
    (
        Row::OpenGroup,
        [
            NOT_ARRIVED,
            OPENS_FIRST,
            OPENS_AFRESH,
            OPENS_AFRESH,
            OPENS_AFRESH,
            OPENS_AFRESH,
            OPENS_FIRST,
            NOT_ARRIVED,
            ENDED,
        ],
    ),
    (Row::CommitUpdate, only_members(All(Told(&[(Members, "commit")])))),
    (
        Row::CommitAdmit,
        only_members(Staff(
            Told(&[
                (Members, "commit"),
                (Waiter, "welcome"),
                (Waiter, "return"),
                (Waiter, "gone"),
                (Admitters, "waiting"),
            ]),
            NOT_ALLOWED,
        )),
    ),
    (
        Row::CommitTakeBack,
        only_members(All(Told(&[
            (Members, "commit"),
            (Returner, "welcome"),
            (Returner, "gone"),
            (Admitters, "waiting"),
        ]))),
    ),
    (
        Row::CommitRemovePresent,
        only_members(Clinician(
            Told(&[(Members, "commit"), (Steady, "removed"), (Everyone, "people")]),
            NOT_ALLOWED,
        )),
    ),
    (Row::CommitRemoveGone, only_members(All(Told(&[(Members, "commit")])))),
    (Row::CommitStale, only_members(All(Told(&[(Actor, "stale_epoch")])))),
    (Row::CommitMisframed, only_members(All(Refused(RefusalCode::BadCommit)))),
    (Row::RefuseCommit, only_members(SILENT)),
    (Row::Application, only_members(All(Told(&[(OthersInside, "application")])))),
    (
        Row::ApplicationWithReceipt,
        only_members(All(Told(&[(OthersInside, "application"), (Actor, "taken")]))),
    ),
    (Row::Decline, whoever_arrived(DECLINES)),
    (Row::RefuseReturn, only_members(All(Told(&[(Returner, "return_refused"), (Admitters, "waiting")])))),
    (Row::PrepareMedia, [SILENT, ALREADY, ALREADY, ALREADY, ALREADY, ALREADY, ALREADY, SILENT, ENDED]),
    (Row::Answer, only_members(SILENT)),
    (Row::RestartMedia, only_members(SILENT)),
    (
        Row::Leave,
        [
            NOT_ARRIVED,
            LEAVES_LINE,
            LEAVES_LINE,
            LEAVES_A_LEAF_IN_LINE,
            LEAVES_A_LEAF_IN_LINE,
            LEAVES_INSIDE,
            LEAVES_UNNOTICED,
            NOT_ARRIVED,
            ENDED,
        ],
    ),
    (Row::EndVisit, whoever_arrived(ENDS)),
];

/// What the table says.
pub(crate) fn expected(row: Row, role: curtain_domain::VisitRole, situation: Situation) -> Answer {
    use curtain_domain::VisitRole::{Clinician as Doctor, CoHost};
    let column = Situation::ALL.iter().position(|other| *other == situation).expect("all are listed");
    let (_, cells) = TABLE.iter().find(|(other, _)| *other == row).expect("every row stands in the table");
    match cells[column] {
        Cell::All(answer) => answer,
        Cell::Clinician(answer, _) if role == Doctor => answer,
        Cell::Staff(answer, _) if matches!(role, Doctor | CoHost) => answer,
        Cell::Clinician(_, other) | Cell::Staff(_, other) => other,
    }
}
