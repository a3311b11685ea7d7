//! The seal over records and files.

use crate::kit::Home;
use vault::{Aad, AgeOpenError, Identity, SealError, Sealer};

#[test]
fn sealed_bytes_open_in_their_place_only() {
    let mut home = Home::new();
    let fresh = home.opener();
    let maker = home.maker();
    let (session, other) = (maker.new_session().unwrap(), maker.new_session().unwrap());
    let device = home.vault.device();
    let place = Aad {
        device,
        session: &session.id,
        seq: 7,
        schema: 1,
        kind: "record",
    };
    let sealed = session.seal(&place, b"canary in the mine").unwrap();
    assert!(!sealed.windows(6).any(|w| w == b"canary"));
    let opener = fresh.clone();
    let key = &session.wrapped_key;
    assert_eq!(
        opener.open(key, &place, &sealed).unwrap(),
        b"canary in the mine"
    );

    let strange = "ffffffffffffffffffffffffffffffff";
    for moved in [
        Aad { seq: 8, ..place },
        Aad { schema: 2, ..place },
        Aad {
            kind: "shot",
            ..place
        },
        Aad {
            session: &other.id,
            ..place
        },
        Aad {
            device: strange,
            ..place
        },
    ] {
        for opener in [opener.clone(), fresh.clone()] {
            assert!(opener.open(key, &moved, &sealed).is_err(), "{moved:?}");
        }
    }
    let refused = SealError::Refused {
        what: "record",
        seq: 7,
    };
    assert_eq!(
        opener.open(
            &other.wrapped_key,
            &Aad {
                session: &other.id,
                ..place
            },
            &sealed
        ),
        Err(refused)
    );

    for at in 0..sealed.len() {
        for bit in [1, 0x80] {
            let mut changed = sealed.clone();
            changed[at] ^= bit;
            assert!(opener.open(key, &place, &changed).is_err(), "byte {at}");
        }
        assert!(
            opener.open(key, &place, &sealed[..at]).is_err(),
            "cut at {at}"
        );
    }
    for at in 0..key.len() {
        let mut changed = key.clone();
        changed[at] ^= 1;
        let error = opener.open(&changed, &place, &sealed).unwrap_err();
        assert!(
            matches!(error, SealError::Key { .. }),
            "key byte {at}: {error}"
        );
    }
}

#[test]
fn another_vault_opens_nothing() {
    let (home, mut other) = (Home::new(), Home::new());
    let session = home.maker().new_session().unwrap();
    let place = Aad {
        device: home.vault.device(),
        session: &session.id,
        seq: 1,
        schema: 1,
        kind: "record",
    };
    let sealed = session.seal(&place, b"x").unwrap();
    let error = other
        .opener()
        .open(&session.wrapped_key, &place, &sealed)
        .unwrap_err();
    assert_eq!(
        error,
        SealError::Key {
            what: "record",
            seq: 1
        }
    );
}

#[test]
fn an_opener_serves_more_sessions_than_it_remembers() {
    let mut home = Home::new();
    let opener = home.opener();
    let (maker, device) = (home.maker(), home.vault.device());
    let sealed: Vec<_> = (0..150)
        .map(|seq| {
            let session = maker.new_session().unwrap();
            let place = Aad {
                device,
                session: &session.id,
                seq,
                schema: 1,
                kind: "shot",
            };
            let sealed = session.seal(&place, &seq.to_be_bytes()).unwrap();
            (session.id, session.wrapped_key, seq, sealed)
        })
        .collect();
    for _ in 0..2 {
        for (id, key, seq, sealed) in &sealed {
            let place = Aad {
                device,
                session: id,
                seq: *seq,
                schema: 1,
                kind: "shot",
            };
            assert_eq!(opener.open(key, &place, sealed).unwrap(), seq.to_be_bytes());
        }
    }
}

#[test]
fn a_lease_opens_what_was_sealed_for_it_and_nothing_before_or_after() {
    let home = Home::new();
    let lease = Identity::generate();
    let recipient = lease.recipient();
    fn place<'a>(device: &'a str, session: &'a [u8; 16]) -> Aad<'a> {
        Aad {
            device,
            session,
            seq: 1,
            schema: 1,
            kind: "record",
        }
    }
    let device = home.vault.device();
    let seal = |maker: &Sealer| {
        let session = maker.new_session().unwrap();
        let sealed = session.seal(&place(device, &session.id), b"x").unwrap();
        (session.id, session.wrapped_key, sealed)
    };
    let during = seal(&home.vault.sealer(Some(&recipient)).unwrap());
    let after = seal(&home.maker());
    let opener = vault::Opener::new([lease]);
    let opens = |(id, key, sealed): &(_, Vec<u8>, Vec<u8>)| {
        opener.open(key, &place(device, id), sealed).is_ok()
    };
    assert!(opens(&during));
    assert!(!opens(&after));
    assert!(opener.has_key(&during.1, &place(device, &during.0)));
    assert!(!vault::Opener::locked().has_key(&during.1, &place(device, &during.0)));
}

#[test]
fn a_file_opens_for_its_readers_and_says_why_not() {
    let mut home = Home::new();
    let sealed = home.maker().seal_file(b"a picture").unwrap();
    assert!(sealed.starts_with(b"age-encryption.org/v1"));
    let opener = home.opener();
    assert_eq!(&**opener.open_file(&sealed).unwrap(), b"a picture");
    let (mut other, mut cut) = (Home::new(), sealed.clone());
    let refused = other.opener().open_file(&sealed).unwrap_err();
    assert_eq!(refused, AgeOpenError::OtherKey);
    cut.pop();
    assert_eq!(opener.open_file(&cut).unwrap_err(), AgeOpenError::Damaged);
    assert!(matches!(Sealer::new([]), Err(SealError::NoRecipient)));
}
