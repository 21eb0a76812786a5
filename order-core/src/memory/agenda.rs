//! The agenda and the inbox.

use async_trait::async_trait;

use super::{
    InMemoryStore,
    tables::{Tables, after},
};
use crate::{
    Label, OrderId, Timestamp,
    ports::{
        Agenda, AgendaChange, AgendaEntry, CatalogChange, Commit, Due, Inbox, KeptNotice,
        NoticeFate, NoticeState, Origin, PaymentNotice, StoreError,
    },
};

#[async_trait]
impl Agenda for InMemoryStore {
    async fn claim_due(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Due>, StoreError> {
        let mut tables = self.tables();
        let is_due = |entry: &&mut AgendaEntry| entry.next_at.is_some_and(|at| at <= now);
        let mut due: Vec<_> = tables.agenda.values_mut().filter(is_due).collect();
        due.sort_by_key(|entry| entry.next_at);
        let claimed = due.into_iter().take(limit as usize).map(|entry| {
            entry.next_at = Some(until);
            entry.tries += 1;
            Due { order_id: entry.order_id.clone(), tries: entry.tries }
        });
        Ok(claimed.collect())
    }

    async fn put_off(
        &self,
        id: &OrderId,
        version: Option<u64>,
        at: Option<Timestamp>,
        trouble: Option<&Label>,
    ) -> Result<(), StoreError> {
        let mut tables = self.tables();
        let Some(entry) = tables.agenda.get_mut(id) else {
            return Ok(());
        };
        if version.is_some_and(|version| version != entry.version) {
            return Ok(());
        }
        entry.next_at = at;
        entry.trouble = trouble.cloned();
        if at.is_none() && entry.attention.is_none() {
            tables.agenda.remove(id);
        }
        Ok(())
    }

    async fn agenda(
        &self,
        after_id: Option<&OrderId>,
        limit: u32,
        waiting: bool,
    ) -> Result<Vec<AgendaEntry>, StoreError> {
        let tables = self.tables();
        let entries = after(&tables.agenda, after_id).map(|(_, entry)| entry);
        let wanted = entries.filter(|entry| !waiting || entry.attention.is_some());
        Ok(wanted.take(limit as usize).cloned().collect())
    }
}

impl Tables {
    pub(super) fn put_on_agenda(&mut self, commit: &Commit) {
        let order_id = commit.order_id().clone();
        match commit.agenda() {
            AgendaChange::Leave => {}
            AgendaChange::Remove => {
                self.agenda.remove(&order_id);
            }
            AgendaChange::Put { next_at, attention } => {
                let (next_at, attention) = (*next_at, attention.clone());
                let (version, tries, trouble) = (commit.order().version(), 0, None);
                let entry = AgendaEntry {
                    order_id: order_id.clone(),
                    version,
                    next_at,
                    tries,
                    trouble,
                    attention,
                };
                self.agenda.insert(order_id, entry);
            }
        }
    }
}

#[async_trait]
impl Inbox for InMemoryStore {
    async fn receive(&self, notice: &PaymentNotice, at: Timestamp) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        let key = (notice.provider.clone(), notice.id.clone());
        if tables.inbox.contains_key(&key) {
            return Ok(false);
        }
        let kept = KeptNotice {
            notice: notice.clone(),
            received_at: at,
            state: NoticeState::Waiting,
            next_at: Some(at),
            tries: 0,
            code: None,
        };
        tables.inbox.insert(key, kept);
        Ok(true)
    }

    async fn claim_notices(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<KeptNotice>, StoreError> {
        let mut tables = self.tables();
        let is_due = |kept: &&mut KeptNotice| kept.next_at.is_some_and(|at| at <= now);
        let mut due: Vec<_> = tables.inbox.values_mut().filter(is_due).collect();
        due.sort_by_key(|kept| kept.next_at);
        let claimed = due.into_iter().take(limit as usize).map(|kept| {
            kept.next_at = Some(until);
            kept.tries += 1;
            kept.clone()
        });
        Ok(claimed.collect())
    }

    async fn settle_notice(
        &self,
        provider: &Label,
        id: &Label,
        fate: &NoticeFate,
    ) -> Result<(), StoreError> {
        let mut tables = self.tables();
        if let Some(kept) = tables.inbox.get_mut(&(provider.clone(), id.clone())) {
            kept.state = fate.state();
            kept.next_at = fate.next_at();
            kept.code = fate.code().cloned();
        }
        Ok(())
    }

    async fn take_change(
        &self,
        origin: &Origin,
        change: &CatalogChange,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tables = self.tables();
        if tables.taken.contains_key(origin) {
            return Ok(false);
        }
        tables.change_catalog(change)?;
        tables.taken.insert(origin.clone(), at);
        Ok(true)
    }

    async fn forget(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut tables = self.tables();
        let mut events: Vec<_> =
            tables.taken.iter().map(|(origin, at)| (*at, origin.clone())).collect();
        let is_done = |kept: &&KeptNotice| kept.state == NoticeState::Applied;
        let mut notices: Vec<_> = tables
            .inbox
            .values()
            .filter(is_done)
            .map(|kept| (kept.received_at, (kept.notice.provider.clone(), kept.notice.id.clone())))
            .collect();
        events.retain(|(at, _)| *at < before);
        notices.retain(|(at, _)| *at < before);
        events.sort_unstable();
        notices.sort_unstable();
        events.truncate(limit as usize);
        notices.truncate(limit as usize);
        for (_, origin) in &events {
            tables.taken.remove(origin);
        }
        for (_, key) in &notices {
            tables.inbox.remove(key);
        }
        Ok((events.len() + notices.len()) as u64)
    }

    async fn open_notices(&self, limit: u32) -> Result<Vec<KeptNotice>, StoreError> {
        let tables = self.tables();
        let mut open: Vec<_> =
            tables.inbox.values().filter(|kept| kept.state != NoticeState::Applied).collect();
        open.sort_by_key(|kept| kept.received_at);
        Ok(open.into_iter().take(limit as usize).cloned().collect())
    }
}
