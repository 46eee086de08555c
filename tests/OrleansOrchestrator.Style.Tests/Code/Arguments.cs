namespace OrleansOrchestrator.Style.Tests.Code;

/// <summary>Splits the arguments of a call.</summary>
internal static class Arguments
{
    /// <summary>The arguments of the call whose opening parenthesis is at the offset, in text without comments and strings.</summary>
    public static List<string> Split(string code, int openingParenthesis)
    {
        var arguments = new List<string>();
        var depth = 0;
        var start = openingParenthesis + 1;
        for (var offset = openingParenthesis; offset < code.Length; offset++)
        {
            depth += code[offset] switch { '(' or '[' or '{' => 1, ')' or ']' or '}' => -1, _ => 0 };
            if (depth > 0 && !(depth == 1 && code[offset] == ','))
                continue;

            arguments.Add(code[start..offset].Trim());
            start = offset + 1;
            if (depth == 0)
                break;
        }

        return arguments;
    }
}
