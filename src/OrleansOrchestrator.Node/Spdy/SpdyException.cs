namespace OrleansOrchestrator.Node.Spdy;

/// <summary>The other side violates the protocol; the connection ends.</summary>
internal sealed class SpdyException(string message) : IOException(message);
