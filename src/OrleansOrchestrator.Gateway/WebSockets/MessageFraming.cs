namespace OrleansOrchestrator.Gateway.WebSockets;

/// <summary>How bytes become WebSocket messages.</summary>
internal enum MessageFraming
{
    /// <summary>Each line is a text message.</summary>
    Lines,

    /// <summary>Each flush is a binary message.</summary>
    Binary,

    /// <summary>Each flush is a text message in base64.</summary>
    Base64,
}
