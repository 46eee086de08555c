namespace OrleansOrchestrator.Node.Identity;

/// <summary>The node gets no certificate: an administrator has denied it, or the signer cannot sign it.</summary>
public sealed class CertificateRefusedException(string message) : Exception(message);
