namespace OrleansOrchestrator.Node.Linux;

/// <summary>The errors of system calls that the daemon tells apart.</summary>
internal static class Errno
{
    public const int NotPermitted = 1;
    public const int NotFound = 2;
    public const int InputOutput = 5;
    public const int AccessDenied = 13;
    public const int Exists = 17;
    public const int NotADirectory = 20;
    public const int IsADirectory = 21;
    public const int Invalid = 22;
    public const int NotEmpty = 39;
    public const int TooManyLinks = 40;
}
