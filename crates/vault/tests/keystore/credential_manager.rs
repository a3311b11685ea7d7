//! Windows, with the credentials of whoever runs the tests: under accounts of their own, removed again.

#[test]
fn the_credential_manager_keeps_its_word() {
    let store = vault::open_os_store().unwrap();
    assert_eq!(store.name(), "Windows Credential Manager");
    // An entry that an earlier, stopped test left behind.
    for account in [crate::DEVICE, crate::OTHER] {
        store.remove(account).unwrap();
    }
    crate::keeps_its_word(store.as_ref());
}
