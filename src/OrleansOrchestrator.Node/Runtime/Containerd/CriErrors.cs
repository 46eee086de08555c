using Grpc.Core;

namespace OrleansOrchestrator.Node.Runtime.Containerd;

/// <summary>Translates the runtime's failures.</summary>
internal static class CriErrors
{
    public static RuntimeException ToRuntime(RpcException exception, TimeSpan within, string reason) => exception.StatusCode switch
    {
        StatusCode.DeadlineExceeded => TimedOut(within, exception),
        StatusCode.Unavailable => new RuntimeException(RuntimeException.Unavailable, exception.Status.Detail, exception),
        _ => new RuntimeException(reason, exception.Status.Detail, exception),
    };

    public static RuntimeException TimedOut(TimeSpan within, Exception exception) =>
        new(RuntimeException.Unavailable, $"the container runtime has not answered within {within.TotalSeconds} s", exception);

    /// <summary>Whether the runtime does not know what the call was about.</summary>
    public static bool IsUnknown(RuntimeException exception) => exception.InnerException is RpcException { StatusCode: StatusCode.NotFound };

    /// <summary>Whether the runtime, or the command that it ran, took too long.</summary>
    public static bool IsTimeout(RuntimeException exception) =>
        exception.InnerException is RpcException { StatusCode: StatusCode.DeadlineExceeded } or OperationCanceledException;

    /// <summary>The failure as the kubelet writes it.</summary>
    public static string TextOf(RuntimeException exception) => exception.InnerException is RpcException { StatusCode: var code }
        ? $"rpc error: code = {code} desc = {exception.Message}"
        : exception.Message;
}
