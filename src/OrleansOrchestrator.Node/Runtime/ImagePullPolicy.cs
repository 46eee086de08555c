namespace OrleansOrchestrator.Node.Runtime;

internal enum ImagePullPolicy
{
    IfNotPresent,
    Always,
    Never,
}
