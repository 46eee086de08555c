namespace OrleansOrchestrator.Kinds.Core;

/// <summary>The annotations by which a daemon tells gateways about itself.</summary>
public static class NodeAnnotations
{
    /// <summary>The SHA-256 of the serving certificate, which callers pin; two, with a comma in between, while it is renewed.</summary>
    public const string ServingCertificate = "orleansorchestrator.io/serving-certificate-sha256";
}
