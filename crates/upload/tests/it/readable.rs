//! Records and screenshots that are to be readable in the sink: opened on the way where there is a key, sealed where there is
//! none, and never both.

use crate::kit::Lab;
use crate::recorded_journal::{Recorded, SMALL, START, all_of};
use journal::FreezeOptions;
use lab::s3::{FaultPlan, S3Fault};
use std::collections::BTreeMap;
use upload::ObjectStoreSink;
use vault::Opener;

const READABLE: FreezeOptions = FreezeOptions {
    last: false,
    readable: true,
    ..SMALL
};

/// Sixteen minutes: twenty-two records in two segments, four screenshots.
fn recorded() -> Recorded {
    let mut recorded = Recorded::new();
    recorded.work(16);
    recorded.journal.freeze(START, &READABLE).unwrap();
    recorded
}

fn lease(recorded: &Recorded) -> Opener {
    Opener::new([recorded.lease.clone()])
}

#[test]
fn with_the_key_everything_is_readable() {
    let sink = ObjectStoreSink::memory().unwrap();
    let recorded = recorded();
    let opener = lease(&recorded);
    let drained = recorded.drain_only(&sink, Some(&opener)).unwrap();
    assert_eq!((drained.segments, drained.screenshots), (2, 4));
    let encodings = recorded.assert_delivered(&all_of(&sink));
    let expected = BTreeMap::from([("readable screenshot", 4), ("readable segment", 2)]);
    assert_eq!(encodings, expected);
}

#[test]
fn without_a_key_that_opens_it_everything_is_sealed() {
    let stranger = Opener::new([vault::Identity::generate()]);
    for opener in [None, Some(&stranger)] {
        let sink = ObjectStoreSink::memory().unwrap();
        let recorded = recorded();
        recorded.drain_only(&sink, opener).unwrap();
        let encodings = recorded.assert_delivered(&all_of(&sink));
        assert_eq!(
            encodings,
            BTreeMap::from([("screenshot", 4), ("segment", 2)])
        );
    }
}

#[test]
fn sealed_uploads_stay_sealed_though_there_is_a_key() {
    let sink = ObjectStoreSink::memory().unwrap();
    let mut recorded = Recorded::new();
    recorded.work(16);
    recorded.journal.freeze(START, &SMALL).unwrap();
    let opener = lease(&recorded);
    recorded.drain_only(&sink, Some(&opener)).unwrap();
    let encodings = recorded.assert_delivered(&all_of(&sink));
    assert_eq!(
        encodings,
        BTreeMap::from([("screenshot", 4), ("segment", 2)])
    );
}

#[test]
fn an_answer_lost_and_then_the_lease_dead_makes_no_second_object() {
    // The second screenshot, and the first segment, which follows three of them.
    for put in [2, 4] {
        let lab = Lab::with(FaultPlan::puts(&[(put, S3Fault::LoseAnswer)]));
        let sink = lab.sink(&[]);
        let recorded = recorded();
        let opener = lease(&recorded);
        recorded.drain_only(&sink, Some(&opener)).unwrap_err();
        let recorded = recorded.new_lease();
        let drained = recorded.drain_only(&sink, None).unwrap();
        assert!(drained.already_there >= 1, "{put}: {drained:?}");
        let encodings = recorded.assert_delivered(&lab.server.objects().unwrap());
        let number = |word| encodings.get(word).copied().unwrap_or(0);
        assert_eq!(
            number("screenshot") + number("readable screenshot"),
            4,
            "{encodings:?}"
        );
        assert_eq!(
            number("segment") + number("readable segment"),
            2,
            "{encodings:?}"
        );
        assert!(number("readable screenshot") >= 1, "{encodings:?}");
        assert_eq!(
            number("readable segment"),
            usize::from(put == 4),
            "{encodings:?}"
        );
    }
}

#[test]
fn a_put_that_stored_nothing_and_then_the_lease_dead_goes_out_sealed() {
    let lab = Lab::with(FaultPlan::puts(&[(4, S3Fault::Close)]));
    let sink = lab.sink(&[]);
    let recorded = recorded();
    let opener = lease(&recorded);
    recorded.drain_only(&sink, Some(&opener)).unwrap_err();
    recorded.drain_only(&sink, None).unwrap();
    let encodings = recorded.assert_delivered(&lab.server.objects().unwrap());
    // The last screenshot belongs to the second segment.
    let expected = [
        ("screenshot", 1),
        ("readable screenshot", 3),
        ("segment", 2),
    ];
    assert_eq!(encodings, BTreeMap::from(expected));
}

#[test]
fn sealed_first_and_the_answer_lost_stays_sealed_when_the_key_comes() {
    for put in [2, 4] {
        let lab = Lab::with(FaultPlan::puts(&[(put, S3Fault::LoseAnswer)]));
        let sink = lab.sink(&[]);
        let recorded = recorded();
        recorded.drain_only(&sink, None).unwrap_err();
        let opener = lease(&recorded);
        recorded.drain_only(&sink, Some(&opener)).unwrap();
        let encodings = recorded.assert_delivered(&lab.server.objects().unwrap());
        assert_eq!(encodings.values().sum::<usize>(), 6, "{encodings:?}");
        assert!(encodings["screenshot"] >= 1, "{encodings:?}");
        assert_eq!(
            encodings.get("segment").copied(),
            (put == 4).then_some(1),
            "{encodings:?}"
        );
    }
}
