//! Getting the secret into an app.

use crate::kit::Home;
use vault::{remove_qr_png, write_qr_png};

#[test]
fn the_qr_code_reads_back_as_the_url() {
    let home = Home::new();
    let enrolment = home.vault.enrolment(&home.door, "me:too@a host").unwrap();
    let url = enrolment.url().to_owned();
    assert!(
        url.starts_with("otpauth://totp/uam:me-too%40a%20host?"),
        "{url}"
    );
    assert!(
        url.contains(&format!("secret={}", enrolment.secret_base32())),
        "{url}"
    );
    assert!(url.contains("issuer=uam"), "{url}");
    assert_eq!(enrolment.secret_base32().len(), 32);

    let png = image::load_from_memory(&enrolment.qr_png().unwrap())
        .unwrap()
        .to_luma8();
    let side = png.width() as usize;
    assert_eq!(
        read_qr(side, |x, y| png.get_pixel(x as u32, y as u32).0[0]),
        url
    );

    // Half blocks, light on dark: enlarged to pixels, a reader must find the same.
    let text = enrolment.qr_text();
    let rows: Vec<Vec<char>> = text.lines().map(|l| l.chars().collect()).collect();
    let scale = 4;
    let side = rows[0].len() * scale;
    let drawn = read_qr(side, |x, y| {
        let half = y / scale;
        let c = rows.get(half / 2).map_or('█', |row| row[x / scale]);
        let light = match c {
            '█' => true,
            '▀' => half % 2 == 0,
            '▄' => half % 2 == 1,
            ' ' => false,
            c => panic!("{c:?} is no half block"),
        };
        if light { 255 } else { 0 }
    });
    assert_eq!(drawn, url);
    assert!(
        enrolment
            .qr_ansi()
            .lines()
            .all(|l| l.starts_with("\u{1b}[97;40m") && l.ends_with("\u{1b}[0m"))
    );
}

fn read_qr(side: usize, pixel: impl FnMut(usize, usize) -> u8) -> String {
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(side, side, pixel);
    let grids = picture.detect_grids();
    assert_eq!(grids.len(), 1, "one code in the picture");
    grids[0].decode().unwrap().1
}

#[test]
fn the_picture_goes_when_told() {
    let home = Home::new();
    let (dir, vault, door) = (&home.dir, &home.vault, &home.door);
    let path = dir.path().join("mfa_qr.png");
    assert!(!remove_qr_png(&path).unwrap());
    write_qr_png(&vault.enrolment(door, "").unwrap(), &path).unwrap();
    write_qr_png(&vault.enrolment(door, "x").unwrap(), &path).unwrap();
    assert!(remove_qr_png(&path).unwrap());
    assert!(!path.exists());
}
