//! The bucket holds the records of the journal, and a screenshot shows the window that was on the screen.

use crate::harness::{assert_bucket_equals_journal, until};
use crate::wine::Wine;
use lab::desktop::Typist;
use lab::s3::{S3Server, S3ServerOptions};
use model::Record;

const BUSY: &str =
    "[shots]\ncapture = true\nblur = false\nevery_seconds = 3600\n[upload]\nevery_seconds = 5\n";

#[test]
#[ignore = "needs Wine and uam.exe: cargo xtask windows"]
fn the_bucket_equals_the_journal_and_a_picture_its_window() {
    let store = tempfile::tempdir().unwrap();
    let mut server = S3Server::start(S3ServerOptions::new(store.path())).unwrap();
    server.stop();
    let wine = Wine::start();
    let mut home = wine.home().envs(server.env()).config(BUSY);
    let running = home.start(&[]);
    let mut stage = wine.stage();
    let typist = Typist::new(&wine.desktop.display()).unwrap();
    for scene in 0..3_u64 {
        let name = format!("s{scene}");
        let title = format!("Scene {scene} – “π” <b>&\u{202e}");
        stage.shows(&home, &format!("{name} 60 40 401 300 2060a{scene}"), &title);
        let before = home.status();
        home.ok(&["shot"]);
        typist.keys(10, 100).unwrap();
        until("the keys are counted and the picture is kept", || {
            let now = home.status();
            let counted = now.today_counts.keys() >= before.today_counts.keys() + 10;
            (counted && now.last_screenshot > before.last_screenshot).then_some(())
        });
        if scene == 0 {
            until("the failed upload is told", || {
                home.status().last_upload.filter(|u| !u.ok)
            });
            server.restart().unwrap();
        }
    }
    running.stop();
    assert_bucket_equals_journal(&home, &server);
    assert_eq!(home.ok(&["upload"]).trim(), "nothing new to upload");

    let shots: Vec<u64> = home
        .lines()
        .into_iter()
        .filter(|(_, l)| matches!(l.record, Record::Shot(_)))
        .map(|(_, l)| l.seq)
        .collect();
    assert_eq!(shots.len(), 3);
    for (scene, seq) in shots.into_iter().enumerate() {
        let picture = image::load_from_memory(&home.picture(seq))
            .unwrap()
            .to_rgb8();
        assert_eq!(picture.dimensions(), (401, 300));
        let left = [0x20, 0x60, 0xa0 + scene as u8];
        for (x, _, pixel) in picture.enumerate_pixels() {
            let expected = if x < 200 { left } else { left.map(|c| !c) };
            assert_eq!(pixel.0, expected, "column {x} of scene {scene}");
        }
    }
}
