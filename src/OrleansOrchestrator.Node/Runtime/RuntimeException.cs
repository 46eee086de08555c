namespace OrleansOrchestrator.Node.Runtime;

/// <summary>A runtime operation failed. The reason is one of a container status.</summary>
internal sealed class RuntimeException(string reason, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public const string ImagePull = "ErrImagePull";
    public const string ImageNeverPull = "ErrImageNeverPull";
    public const string InvalidImageName = "InvalidImageName";
    public const string CreateContainerConfig = "CreateContainerConfigError";
    public const string CreateContainer = "CreateContainerError";
    public const string RunContainer = "RunContainerError";
    public const string CreateSandbox = "CreatePodSandboxError";
    public const string Unavailable = "RuntimeUnavailable";

    /// <summary>The kubelet's reason, for example <c>CreateContainerError</c>.</summary>
    public string Reason { get; } = reason;
}
