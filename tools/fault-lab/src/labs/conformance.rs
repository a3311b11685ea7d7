//! The same suite against S3 servers that others wrote, with the gaps of each.
//!
//! moto can enforce policies, so the one that `uam upload --policy` prints is tried there as well. Its check
//! of signatures is switched off: it compares names and queries unescaped, and so rejects valid ones.

mod servers;

use crate::fixture;
use crate::lab::{LabVerdict, RunLength};
use anyhow::{Context, Result, ensure};
use lab::s3::{S3Server, S3ServerOptions};
use lab::sink_conformance::{check_large_objects, check_races, check_sink};
use model::DeviceId;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use upload::{
    NewObject, ObjectStoreSink, PutOutcome, Sink, SinkError, Timeouts, iam_policy, object_keys,
    sha256_hex, vars,
};

const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    answer: Duration::from_secs(30),
    total: Duration::from_secs(120),
};

/// A server and the key that may do everything there.
struct ConformanceSite {
    address: SocketAddr,
    key: (String, String),
}

impl ConformanceSite {
    fn open(&self, prefix: &str) -> Result<ObjectStoreSink> {
        let (access_key, secret_key) = self.key.clone();
        let find = fixture::find_in([
            (vars::BUCKET, "lab".to_owned()),
            (vars::PREFIX, prefix.to_owned()),
            (vars::ACCESS_KEY, access_key),
            (vars::SECRET_KEY, secret_key),
            (vars::ENDPOINT, format!("http://{}", self.address)),
        ]);
        fixture::open_sink(&find, Path::new("/none"), TIMEOUTS)
    }

    /// Runs the whole suite; returns the server's gaps, in a few words.
    fn run_suite(&self) -> Result<String> {
        let sink = self.open("suite")?;
        check_sink(&sink)?;
        check_races(Arc::new(self.open("races")?))?;
        check_large_objects(&self.open("parts")?)?;
        let mut lacks = Vec::new();
        if !sink.remarks().is_empty() {
            lacks.push("conditional puts");
        }
        let kept = sink
            .head("raw/v1/a")?
            .is_some_and(|head| head.sha256.is_some());
        if !kept {
            lacks.push("metadata");
        }
        let wrong = Self {
            address: self.address,
            key: (self.key.0.clone(), "wrong".into()),
        };
        if wrong.open("suite")?.get("raw/v1/a").is_ok() {
            lacks.push("a check of signatures");
        }
        Ok(match lacks.as_slice() {
            [] => "lacks nothing".into(),
            lacks => format!("lacks {}", lacks.join(" and ")),
        })
    }
}

pub(crate) fn run(_: RunLength) -> Result<LabVerdict> {
    let dir = tempfile::tempdir()?;
    let (moto_dir, s3rver_dir) = match (servers::install_moto(), servers::install_s3rver()) {
        (Ok(moto), Ok(s3rver)) => (moto, s3rver),
        (Err(why), _) | (_, Err(why)) => {
            return Ok(LabVerdict::CannotHere(format!(
                "{why:#}; it wants python3 with venv and pip, and npm with node"
            )));
        }
    };
    let own = S3Server::start(S3ServerOptions::new(dir.path().join("own")))?;
    let embedded = ConformanceSite {
        address: own.address(),
        key: ("lab-access".into(), "lab-secret".into()),
    };
    let embedded = embedded.run_suite().context("s3s-fs")?;
    let moto = check_moto(&moto_dir).context("moto")?;
    let s3rver = check_s3rver(&s3rver_dir, &dir.path().join("s3rver")).context("s3rver")?;
    Ok(LabVerdict::Passed(format!(
        "the suite passes on s3s-fs 0.14 ({embedded}), moto 5.1.22 ({moto}) and s3rver 3.7.1 ({s3rver}); a device's put-only policy holds on moto"
    )))
}

fn check_moto(dir: &Path) -> Result<String> {
    let device = DeviceId::from_bytes([7; 16]);
    let document = iam_policy::put_only_policy("lab", "team/lab", &device);
    // One bucket, and three actions for each of two users.
    let server = servers::start_moto(dir, 7)?;
    let [whole, limited] = servers::set_up_moto(dir, &server, &document)?;
    let there = |key| ConformanceSite {
        address: server.address,
        key,
    };
    let lacks = there(whole.clone()).run_suite()?;
    check_put_only(&there(limited), &there(whole), &device)?;
    Ok(lacks)
}

/// The policy allows the requests of a device, and nothing else.
fn check_put_only(
    device_key: &ConformanceSite,
    owner: &ConformanceSite,
    device: &DeviceId,
) -> Result<()> {
    let object = |device: &DeviceId, size: usize| {
        let body = vec![size as u8; size];
        let sha256 = sha256_hex(&body);
        let key = object_keys::vault_copy_key(device, 1_790_000_000, "2026-09-21", 1, &sha256);
        NewObject::new(key, body)
    };
    for size in [5_000, 17 << 20] {
        let own = object(device, size);
        for expected in [PutOutcome::Stored, PutOutcome::AlreadyThere] {
            // A new process each time.
            let put = device_key.open("team/lab")?.put_new(&own);
            ensure!(
                put == Ok(expected),
                "{size} bytes: {put:?}, not {expected:?}"
            );
        }
        let stored = owner.open("team/lab")?.get(&own.key)?;
        ensure!(
            stored.as_ref() == Some(&own.body),
            "{} arrived changed",
            own.key
        );
    }
    let sink = device_key.open("team/lab")?;
    let own = object(device, 5_000);
    let foreign = object(&DeviceId::from_bytes([8; 16]), 5_000);
    let denied = |what: &str, error: Option<SinkError>| {
        let right = matches!(error, Some(SinkError::AccessDenied { .. }));
        ensure!(right, "the policy lets a device {what}: {error:?}");
        Ok(())
    };
    denied("read", sink.get(&own.key).err())?;
    denied("look", sink.head(&own.key).err())?;
    denied("list", sink.list("", 1).err())?;
    denied("delete", sink.delete(&own.key).err())?;
    denied("write as another device", sink.put_new(&foreign).err())?;
    let beside = device_key.open("")?.put_new(&own).err();
    denied("write beside the prefix", beside)?;
    ensure!(
        sink.remarks().is_empty(),
        "nothing was taken on trust here: {:?}",
        sink.remarks()
    );
    Ok(())
}

/// s3rver lists to anyone, so it is refused; then the suite, behind a gatekeeper.
fn check_s3rver(dir: &Path, data: &Path) -> Result<String> {
    let server = servers::start_s3rver(dir, data)?;
    let there = |address| ConformanceSite {
        address,
        key: ("S3RVER".into(), "S3RVER".into()),
    };
    let open = there(server.address).open("")?;
    let refused = open.put_new(&NewObject::new("a", &b"one"[..]));
    ensure!(
        matches!(refused, Err(SinkError::PublicBucket { .. })),
        "it lists to anyone, and was given something: {refused:?}"
    );
    let lacks = there(servers::start_gatekeeper(server.address)?).run_suite()?;
    Ok(format!(
        "lists to anyone and is refused; behind a gatekeeper it {lacks}"
    ))
}
