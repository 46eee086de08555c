namespace OrleansOrchestrator.Gateway.WebSockets;

/// <summary>How bytes become messages of a WebSocket.</summary>
internal enum MessageFraming
{
    /// <summary>Each line is a text message.</summary>
    Lines,

    /// <summary>What is flushed together is a binary message.</summary>
    Binary,

    /// <summary>What is flushed together is a text message, in base64.</summary>
    Base64,
}
