using System.CommandLine;

namespace ProtoPNet.Cli.Verbs;

/// <summary><c>protopnet completion</c>: completes verbs and options in a shell, which asks the tool itself for them.</summary>
internal static class CompletionVerb
{
    private enum Shell
    {
        Bash,
        Zsh,
        Fish,
        PowerShell,
    }

    public static Command Create()
    {
        var command = new Command("completion", "Prints a script that completes this tool's verbs and options in a shell.");
        var shell = new Argument<string>("shell") { Description = "The shell: bash, zsh, fish or powershell." };
        shell.AcceptOnlyFromAmong([.. Enum.GetNames<Shell>().Select(name => name.ToLowerInvariant())]);
        command.Add(shell);
        command.SetAction(parsed =>
            parsed.InvocationConfiguration.Output.Write(Script(Enum.Parse<Shell>(parsed.GetRequiredValue(shell), ignoreCase: true))));
        return command;
    }

    /// <summary>Where the tool suggests nothing, a value is as a rule a path, which the shell completes.</summary>
    private static string Script(Shell shell) => shell switch
    {
        Shell.Bash => """
            # In ~/.bashrc: eval "$(protopnet completion bash)"
            _protopnet() {
              local IFS=$'\n'
              COMPREPLY=($(compgen -W "$(protopnet "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
            }
            complete -o default -F _protopnet protopnet

            """,
        Shell.Zsh => """
            # In ~/.zshrc, after compinit: eval "$(protopnet completion zsh)"
            _protopnet() {
              local -a found
              found=(${(f)"$(protopnet "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)"})
              if (( $#found )); then compadd -a found; else _files; fi
            }
            compdef _protopnet protopnet

            """,
        Shell.Fish => """
            # In ~/.config/fish/config.fish: protopnet completion fish | source
            complete -c protopnet -a '(protopnet "[suggest:"(commandline -C)"]" (commandline -cp) 2>/dev/null)'

            """,
        _ => """
            # In $PROFILE: protopnet completion powershell | Out-String | Invoke-Expression
            Register-ArgumentCompleter -Native -CommandName protopnet -ScriptBlock {
                param($word, $line, $position)
                protopnet "[suggest:$position]" "$line" | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
            }

            """,
    };
}
