namespace OrleansOrchestrator.Node.Network.Cni;

/// <summary>A network configuration cannot be used, or a plugin refuses.</summary>
internal sealed class CniException(string message) : Exception(message);
