//! A connection, and a channel on it that nobody waits on.

use lapin::{
    Channel, Connection, ConnectionProperties, ExchangeKind,
    options::{ConfirmSelectOptions, ExchangeDeclareOptions},
    types::FieldTable,
};
use order_core::ports::PublishError;

use super::settings::RabbitMqSettings;
use crate::error::Trouble;

/// What is left of a connection after the last call.
#[derive(Debug, Default)]
pub(super) struct Link {
    connection: Option<Connection>,
    /// Only after a call that ended well: nothing is on its way here.
    channel: Option<Channel>,
}

impl Link {
    /// Gives the channel away, connecting if there is none.
    pub(super) async fn channel(
        &mut self,
        settings: &RabbitMqSettings,
    ) -> Result<Channel, Trouble> {
        let usable = |connection: &Connection| connection.status().connected();
        let kept = self.channel.take().filter(|channel| channel.status().connected());
        if let Some(connection) = self.connection.take().filter(usable) {
            // Nothing would be sent, nor could the connection be closed.
            let is_blocked = connection.status().blocked();
            let connection = self.connection.insert(connection);
            if is_blocked {
                return Err(Trouble::Blocked);
            }
            return match kept {
                Some(channel) => Ok(channel),
                None => open(connection, settings).await,
            };
        }
        let connection = connect(settings).await?;
        open(self.connection.insert(connection), settings).await
    }

    /// Takes the channel back, after a call that ended well.
    pub(super) fn keep(&mut self, channel: Channel) {
        self.channel = Some(channel);
    }

    /// Decides what a failure leaves, and says what it was.
    pub(super) fn after(&mut self, error: PublishError) -> PublishError {
        let is_blocked = |connection: &Connection| connection.status().blocked();
        if self.connection.as_ref().is_some_and(is_blocked) {
            // The client cannot even close it, so a new one for each call would be one more each time.
            return Trouble::Blocked.unavailable();
        }
        if matches!(error, PublishError::Unavailable(_)) {
            self.connection = None;
        }
        error
    }
}

async fn connect(settings: &RabbitMqSettings) -> Result<Connection, Trouble> {
    let uri = settings.address().map_err(|error| Trouble::Client(Box::new(error)))?;
    let properties = ConnectionProperties::default().with_connection_name("order-broker".into());
    Connection::connect_uri(uri, properties).await.map_err(client)
}

/// A channel that confirms, with the exchange in place.
async fn open(connection: &Connection, settings: &RabbitMqSettings) -> Result<Channel, Trouble> {
    let channel = connection.create_channel().await.map_err(client)?;
    channel.confirm_select(ConfirmSelectOptions::default()).await.map_err(client)?;
    if settings.declares {
        let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let (name, none) = (settings.exchange.as_str().into(), FieldTable::default());
        let declared = channel.exchange_declare(name, ExchangeKind::Topic, options, none);
        declared.await.map_err(client)?;
    }
    Ok(channel)
}

fn client(error: lapin::Error) -> Trouble {
    Trouble::Client(Box::new(error))
}
